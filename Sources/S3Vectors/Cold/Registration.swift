internal import Tiers

/// Makes collections in front of S3 Vectors and S3 possible in this process.
public enum S3VectorsStores {
    /// From now on `s3vectors://BUCKET/INDEX`, the ARN of an index, and `s3://BUCKET/PREFIX` are addresses of cold
    /// stores. Credentials and settings are found as AWS's own tools find them.
    public static func register() { register(dotEnv: nil) }

    /// - Parameters:
    ///   - prices: of what is asked of stores that are opened from now on.
    ///   - dotEnv: the path of a `.env` file, read at each opening where it is there; the environment counts before it.
    package static func register(_ prices: PriceList = PriceList(), dotEnv: String?) {
        for scheme in ["s3vectors", "arn", "s3"] {
            ColdStores.register(scheme: scheme) { address, options in
                var beside = ColdOpening.Options()
                beside.endpoint = options.endpoint
                beside.region = options.region
                beside.profile = options.profile
                beside.prices = prices
                beside.dotEnv = dotEnv
                return try ColdOpening.open(address, beside)
            }
        }
    }
}
