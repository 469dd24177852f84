import Testing

@testable import S3Vectors

@Suite("Region and endpoint")
struct AWSSettingsTests {
    private func find(
        _ environment: [String: String] = [:], _ config: String = "", profile: String? = nil, region: String? = nil,
        endpoint: String? = nil
    ) throws -> AWSSettings {
        let fake = FakeSurroundings()
        fake.setFile("/me/.aws/config", config)
        return try AWSSettings.find(
            fake.surroundings(environment), profile: profile, region: region, endpoint: endpoint)
    }

    @Test("the region: said, then the two variables, then the profile's")
    func regions() throws {
        let config = "[default]\nregion = eu-west-1\n[profile p]\nregion = eu-west-3\n"
        #expect(try find([:], config).endpoint == "https://s3vectors.eu-west-1.api.aws")
        #expect(try find([:], config, profile: "p").region == "eu-west-3")
        #expect(try find(["AWS_PROFILE": "p"], config).region == "eu-west-3")
        let both = ["AWS_DEFAULT_REGION": "us-west-1", "AWS_REGION": "us-west-2"]
        #expect(try find(both, config).region == "us-west-2")
        #expect(try find(["AWS_DEFAULT_REGION": "us-west-1"], config).region == "us-west-1")
        #expect(try find(both, config, region: "ap-south-1").region == "ap-south-1")
        #expect(try find(region: "cn-north-1").endpoint == "https://s3vectors.cn-north-1.api.amazonwebservices.com.cn")
        #expect(try find(region: "eusc-de-east-1").endpoint.hasSuffix(".api.amazonwebservices.eu"))
        let fips = ["AWS_USE_FIPS_ENDPOINT": "true"]
        #expect(try find(fips, region: "us-east-1").endpoint == "https://s3vectors-fips.us-east-1.api.aws")
        #expect(throws: CredentialError.noRegion) { try find() }
        #expect(throws: CredentialError.self) { try find(region: "us-east-1/evil") }
    }

    @Test("the endpoint: said, then the service's variable, then everybody's, then the profile's")
    func endpoints() throws {
        let config = """
            [profile p]
            services = local
            endpoint_url = http://p:1
            [profile q]
            endpoint_url = http://q:1/
            ca_bundle = ~/ca.pem
            [services local]
            s3vectors =
              endpoint_url = http://local:1
            [profile broken]
            services = nowhere
            """
        let all = ["AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_S3VECTORS": "http://own:1"]
        #expect(try find(all).endpoint == "http://own:1")
        #expect(try find(["AWS_ENDPOINT_URL": "http://all:1"], config, profile: "p").endpoint == "http://all:1")
        #expect(try find([:], config, profile: "p").endpoint == "http://local:1")
        let q = try find([:], config, profile: "q")
        #expect(q.endpoint == "http://q:1" && q.region == "us-east-1" && q.isEndpointSet)
        #expect(q.caFile == "/me/ca.pem")
        #expect(try find(all, endpoint: "https://said").endpoint == "https://said")
        let ignored = ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_REGION": "us-east-1"]
        #expect(try find(ignored.merging(all) { $1 }).isEndpointSet == false)
        #expect(throws: CredentialError.self) { try find([:], config, profile: "broken") }
        for url in ["127.0.0.1:80", "ftp://x", "http://", "http://a?b", "http://a b"] {
            #expect(throws: CredentialError.self, "\(url)") { try find(endpoint: url) }
        }
    }

    @Test("plain S3 has endpoint settings of its own, and addresses of its own")
    func plainS3() throws {
        let surroundings = FakeSurroundings()
        let config = "[profile p]\nservices = local\nregion = eu-west-1\n[services local]\n"
        surroundings.setFile("/me/.aws/config", config + "s3 =\n  endpoint_url = http://local:1\n")
        func find(_ environment: [String: String], profile: String? = nil) throws -> AWSSettings {
            try AWSSettings.find(surroundings.surroundings(environment), of: .s3, profile: profile)
        }
        let all = ["AWS_ENDPOINT_URL_S3VECTORS": "http://vectors:1", "AWS_ENDPOINT_URL_S3": "http://own:1"]
        #expect(try find(all).endpoint == "http://own:1")
        #expect(try find(["AWS_ENDPOINT_URL": "http://all:1"]).endpoint == "http://all:1")
        #expect(try find([:], profile: "p").endpoint == "http://local:1")
        let region = ["AWS_REGION": "us-west-2"]
        #expect(try find(region).endpoint == "https://s3.us-west-2.amazonaws.com")
        #expect(try find(region.merging(["AWS_USE_FIPS_ENDPOINT": "true"]) { $1 }).endpoint.contains("s3-fips.us-west"))
    }

    @Test("hosts and ports of URLs")
    func hosts() {
        #expect(Endpoint.host("http://a.b:80/x") == "a.b")
        #expect(Endpoint.host("http://[::1]:80") == "[::1]")
        #expect(Endpoint.host("http://user@evil/x") == "evil")
        #expect(Endpoint.host("nothing") == nil)
        #expect(Endpoint.hostHeader("http://a:80/x") == "a")
        #expect(Endpoint.hostHeader("https://a:80/x") == "a:80")
        #expect(Endpoint.hostHeader("https://a:443") == "a")
        #expect(Endpoint.isLoopback("127.0.0.9") && Endpoint.isLoopback("[::1]") && Endpoint.isLoopback("localhost"))
        #expect(!Endpoint.isLoopback("127.0.0.1.example") && !Endpoint.isLoopback("128.0.0.1"))
    }
}
