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
            return objects(try parsed(address, ObjectAddress.init), try access(.s3, options), address, options.prices)
        }
        let place = try parsed(address, ColdAddress.init)
        var options = options
        options.region = options.region ?? place.region
        let client = client(by: try access(.s3Vectors, options), options.prices)
        return ColdConnection(
            store: S3VectorsColdStore(client, place.index, segmentCount: place.segmentCount),
            meter: IndexMeter(client.meter, place.index), description: "\(address) at \(client.endpoint)")
    }

    /// A client without an index.
    package static func client(_ options: Options = Options()) throws(Failure) -> S3VectorsClient {
        client(by: try access(.s3Vectors, options), options.prices)
    }

    private static func parsed<Place>(
        _ text: String, _ parse: (String) throws(ColdAddressError) -> Place
    ) throws(Failure) -> Place {
        do throws(ColdAddressError) { return try parse(text) } catch { throw .address(error) }
    }

    private static func access(_ service: AWSService, _ options: Options) throws(Failure) -> ServiceAccess {
        do throws(ServiceAccess.Failure) {
            return try ServiceAccess(
                to: service, endpoint: options.endpoint, profile: options.profile, region: options.region,
                dotEnv: options.dotEnv, requestLimit: options.requestLimit)
        } catch {
            switch error {
            case .credentials(let error): throw .credentials(error)
            case .transport(let error): throw .transport(error)
            }
        }
    }

    private static func client(by way: ServiceAccess, _ prices: PriceList) -> S3VectorsClient {
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
        _ place: ObjectAddress, _ way: ServiceAccess, _ address: String, _ prices: PriceList
    ) -> ColdConnection {
        let bucket = ObjectBucket(
            bucket: place.bucket, way.settings, credentials: way.credentials, http: way.http, wallClock: way.now,
            meter: ObjectMeter(prices.objects))
        return ColdConnection(
            store: ObjectColdStore(bucket, prefix: place.prefix), meter: bucket.meter,
            description: "\(address) at \(way.settings.endpoint)")
    }
}
