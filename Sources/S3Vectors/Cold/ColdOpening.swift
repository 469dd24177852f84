package import Tiers

/// Opens the cold store of an address, with credentials and settings as AWS's tools find them.
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
        package var prices = PriceList()
        /// Requests under way at once.
        package var requestLimit = 64

        package init() {}
    }

    /// Opens `s3vectors://BUCKET/INDEX`, the ARN of an index, or `s3://BUCKET/PREFIX`. Nothing need be there yet:
    /// ``ColdStore/describeOrCreate(_:timeout:)`` makes it.
    ///
    /// Nothing is asked of the network here; what gives credentials is asked before the first request.
    package static func open(
        _ address: String, _ options: Options = Options()
    ) throws(Failure) -> ColdConnection {
        if address.hasPrefix("s3://") {
            return objects(try parsed(address, ObjectAddress.init), try Way(to: .s3, options), address, options.prices)
        }
        let place = try parsed(address, ColdAddress.init)
        var options = options
        options.region = options.region ?? place.region
        let client = client(by: try Way(to: .s3Vectors, options), options.prices)
        return ColdConnection(
            store: S3VectorsColdStore(client, place.index, segmentCount: place.segmentCount),
            meter: IndexMeter(client.meter, place.index), description: "\(address) at \(client.endpoint)")
    }

    /// A client without an index.
    package static func client(_ options: Options = Options()) throws(Failure) -> S3VectorsClient {
        client(by: try Way(to: .s3Vectors, options), options.prices)
    }

    private static func parsed<Place>(
        _ text: String, _ parse: (String) throws(ColdAddressError) -> Place
    ) throws(Failure) -> Place {
        do throws(ColdAddressError) { return try parse(text) } catch { throw .address(error) }
    }

    private static func client(by way: Way, _ prices: PriceList) -> S3VectorsClient {
        var parts = S3VectorsClient.Parts(
            endpoint: way.settings.endpoint, region: way.settings.region, credentials: way.credentials,
            http: way.http, wallClock: way.now)
        parts.meter = CostMeter(prices.vectors)
        var governor = RetryGovernor.Settings()
        // Those who fetch and write have a circuit of their own; two in a row would wait for one another.
        governor.breaker.failureLimit = .max
        parts.governor = RetryGovernor(governor)
        return S3VectorsClient(parts)
    }

    private static func objects(
        _ place: ObjectAddress, _ way: Way, _ address: String, _ prices: PriceList
    ) -> ColdConnection {
        let bucket = ObjectBucket(
            bucket: place.bucket, way.settings, credentials: way.credentials, http: way.http, wallClock: way.now,
            meter: ObjectMeter(prices.objects))
        return ColdConnection(
            store: ObjectColdStore(bucket, prefix: place.prefix), meter: bucket.meter,
            description: "\(address) at \(way.settings.endpoint)")
    }
}

/// How requests get to a service of AWS: where it is, what signs them, what sends them.
private struct Way {
    let settings: AWSSettings
    let credentials: any CredentialProviding
    let http: any HTTPSending
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    init(to service: AWSService, _ options: ColdOpening.Options) throws(ColdOpening.Failure) {
        // For the places that give credentials: another transport, as the settings of the first are not known yet.
        let asking = try Self.transport(CurlTransport.Settings())
        let surroundings: Surroundings
        do throws(CredentialError) {
            surroundings = try Surroundings.ofThisProcess(http: asking, dotEnv: options.dotEnv)
            settings = try AWSSettings.find(
                surroundings, of: service, profile: options.profile, region: options.region, endpoint: options.endpoint)
        } catch {
            throw .credentials(error)
        }
        var transportSettings = CurlTransport.Settings()
        transportSettings.requestLimit = options.requestLimit
        transportSettings.caFile = settings.caFile
        http = try Self.transport(transportSettings)
        now = surroundings.now
        let chain = CredentialCache(CredentialChain(surroundings, profile: options.profile))
        credentials = OptionalCredentials.provider(chain, for: settings, now: now)
    }

    private static func transport(_ settings: CurlTransport.Settings) throws(ColdOpening.Failure) -> CurlTransport {
        do throws(TransportError) { return try CurlTransport(settings) } catch { throw .transport(error) }
    }
}
