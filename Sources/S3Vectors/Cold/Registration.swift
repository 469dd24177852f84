internal import Tiers

/// Makes collections in front of S3 Vectors and S3 possible in this process.
public enum S3VectorsStores {
    /// From now on `s3vectors://BUCKET/INDEX`, the ARN of an index, and `s3://BUCKET/PREFIX` are addresses of cold
    /// stores. Credentials and settings are found as AWS's own tools find them.
    public static func register() {
        for scheme in ["s3vectors", "arn", "s3"] {
            ColdStores.register(scheme: scheme) { address, options in
                var beside = ColdOpening.Options()
                beside.endpoint = options.endpoint
                beside.region = options.region
                beside.profile = options.profile
                return try ColdOpening.open(address, beside)
            }
        }
    }
}
