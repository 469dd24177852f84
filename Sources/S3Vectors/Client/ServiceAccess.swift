/// How requests get to a service of AWS: where it is, what signs them, what sends them.
package struct ServiceAccess: Sendable {
    package enum Failure: Error, Sendable, CustomStringConvertible {
        case credentials(CredentialError)
        case transport(TransportError)

        package var description: String {
            switch self {
            case .credentials(let error): "\(error)"
            case .transport(let error): "\(error)"
            }
        }
    }

    let service: AWSService
    package let settings: AWSSettings
    let credentials: any CredentialProviding
    let http: any HTTPSending
    /// Seconds since 1970.
    let now: @Sendable () -> Double
    private let offset = ClockOffset()

    package init(
        _ service: AWSService, _ settings: AWSSettings, credentials: any CredentialProviding, http: any HTTPSending,
        now: @escaping @Sendable () -> Double
    ) {
        self.service = service
        self.settings = settings
        self.credentials = credentials
        self.http = http
        self.now = now
    }

    /// As AWS's tools find it. What is nil is what the environment and the profile say.
    ///
    /// Nothing is asked of the network here; what gives credentials is asked before the first request.
    /// - Parameters:
    ///   - dotEnv: the path of a `.env` file.
    ///   - requestLimit: requests under way at once.
    package init(
        to service: AWSService, endpoint: String? = nil, profile: String? = nil, region: String? = nil,
        dotEnv: String? = nil, requestLimit: Int = CurlTransport.Settings().requestLimit
    ) throws(Failure) {
        // For the places that give credentials: another transport, as the settings of the first are not known yet.
        let asking = try Self.transport(CurlTransport.Settings())
        let surroundings: Surroundings
        let settings: AWSSettings
        do throws(CredentialError) {
            surroundings = try Surroundings.ofThisProcess(http: asking, dotEnv: dotEnv)
            settings = try AWSSettings.find(
                surroundings, of: service, profile: profile, region: region, endpoint: endpoint)
        } catch {
            throw .credentials(error)
        }
        var transportSettings = CurlTransport.Settings()
        transportSettings.requestLimit = requestLimit
        transportSettings.caFile = settings.caFile
        let chain = CredentialCache(CredentialChain(surroundings, profile: profile))
        self.init(
            service, settings, credentials: OptionalCredentials.provider(chain, for: settings, now: surroundings.now),
            http: try Self.transport(transportSettings), now: surroundings.now)
    }

    private static func transport(_ settings: CurlTransport.Settings) throws(Failure) -> CurlTransport {
        do throws(TransportError) { return try CurlTransport(settings) } catch { throw .transport(error) }
    }

    /// Signs a request and sends it, and once more if its keys had just expired or the clock was wrong.
    ///
    /// - Parameter request: to ``settings``' endpoint.
    /// - Returns: the answer, whatever its status.
    package func send(_ request: HTTPRequest) async throws(Failure) -> HTTPResponse {
        let (answer, keys) = try await attempt(request)
        guard let keys, answer.status == 400 || answer.status == 403, await isMended(answer, keys) else {
            return answer
        }
        return try await attempt(request).answer
    }

    private func attempt(
        _ request: HTTPRequest
    ) async throws(Failure) -> (answer: HTTPResponse, keys: Credentials?) {
        var request = request
        let keys: Credentials?
        do throws(CredentialError) { keys = try await credentials.credentials() } catch { throw .credentials(error) }
        if let keys {
            let signer = SigV4Signer(region: settings.region, service: service.signingName)
            request.sign(signer, keys, at: now() + offset.value)
        }
        request.headers.append(HTTPHeader("User-Agent", "memvec"))
        request.usesProxy = !(Endpoint.host(request.url).map { Endpoint.isLoopback($0) } ?? false)
        do throws(TransportError) { return (try await http.send(request), keys) } catch { throw .transport(error) }
    }

    /// Whether a refusal of signed keys goes away by sending the request again.
    private func isMended(_ answer: HTTPResponse, _ used: Credentials) async -> Bool {
        let code = ServiceError(
            status: answer.status, errorType: answer.header(ServiceError.typeHeader), body: answer.body
        ).code.rawValue
        if ClockOffset.codes.contains(code) { return offset.learn(date: answer.header("Date"), now: now()) }
        guard code == "ExpiredTokenException" || code == "ExpiredToken" else { return false }
        await credentials.reject(used)
        return true
    }
}
