internal import Tiers

/// Makes the cold store of an address, with credentials and settings as AWS's tools find them.
package enum ColdOpening {
    package enum Failure: Error, Sendable, CustomStringConvertible {
        case address(ColdAddressError)
        case credentials(CredentialError)
        case transport(TransportError)

        package var description: String {
            switch self {
            case .address(let error): "\(error)"
            case .credentials(let error): "\(error)"
            case .transport(let error): "\(error)"
            }
        }
    }

    /// What the user may say beside the address; nil is what the environment and the profile say.
    package struct Options: Sendable {
        package var endpoint: String?
        package var profile: String?
        package var region: String?
        /// The path of a `.env` file.
        package var dotEnv: String?
        package var meter = CostMeter()
        /// Requests under way at once.
        package var requestLimit = 64

        package init() {}
    }

    /// Nothing is asked of the network but, where the environment says so, the places that give credentials; those
    /// not before the first request.
    package static func store(at address: String, _ options: Options = Options()) throws(Failure) -> S3VectorsColdStore
    {
        let place: ColdAddress
        do throws(ColdAddressError) { place = try ColdAddress(address) } catch { throw .address(error) }
        var options = options
        options.region = options.region ?? place.region
        let client = try client(options)
        return S3VectorsColdStore(client, place.index, segmentCount: place.segmentCount)
    }

    /// A client without an index.
    package static func client(_ options: Options = Options()) throws(Failure) -> S3VectorsClient {
        // For the places that give credentials: another transport, as the settings of the first are not known yet.
        let asking = try transport(CurlTransport.Settings())
        let surroundings: Surroundings
        let settings: AWSSettings
        do throws(CredentialError) {
            surroundings = try Surroundings.ofThisProcess(http: asking, dotEnv: options.dotEnv)
            settings = try AWSSettings.find(
                surroundings, profile: options.profile, region: options.region, endpoint: options.endpoint)
        } catch {
            throw .credentials(error)
        }
        var transportSettings = CurlTransport.Settings()
        transportSettings.requestLimit = options.requestLimit
        transportSettings.caFile = settings.caFile
        let chain = CredentialCache(CredentialChain(surroundings, profile: options.profile))
        var parts = S3VectorsClient.Parts(
            endpoint: settings.endpoint, region: settings.region,
            credentials: OptionalCredentials.provider(chain, for: settings, now: surroundings.now),
            http: try transport(transportSettings), wallClock: surroundings.now)
        parts.meter = options.meter
        var governor = RetryGovernor.Settings()
        // Those who fetch and write have a circuit of their own; two in a row would wait for one another.
        governor.breaker.failureLimit = .max
        parts.governor = RetryGovernor(governor)
        return S3VectorsClient(parts)
    }

    private static func transport(_ settings: CurlTransport.Settings) throws(Failure) -> CurlTransport {
        do throws(TransportError) { return try CurlTransport(settings) } catch { throw .transport(error) }
    }
}
