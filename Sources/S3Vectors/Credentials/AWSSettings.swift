/// Services of AWS that requests are sent to.
package enum AWSService: String, Sendable {
    // The names that the sections `services` of config files use, and in capitals the variables for endpoints.
    case s3Vectors = "s3vectors"
    case s3
    case bedrockRuntime = "bedrock_runtime"

    /// What its requests are signed for.
    package var signingName: String { self == .bedrockRuntime ? "bedrock" : rawValue }
    /// How its hosts' names begin.
    var hostLabel: String { self == .bedrockRuntime ? "bedrock-runtime" : rawValue }
}

/// Where to send requests and for which region, as AWS's tools decide it.
package struct AWSSettings: Sendable, Equatable {
    /// Also what requests are signed for.
    package var region: String
    /// Without a slash at its end.
    package var endpoint: String
    /// Whether somebody set the endpoint, rather than that the region says it.
    package var isEndpointSet: Bool
    /// Certificates to trust instead of the system's.
    package var caFile: String?

    /// - Parameters:
    ///   - profile: nil: AWS_PROFILE, else "default".
    ///   - region: nil: AWS_REGION, AWS_DEFAULT_REGION, the profile's; with an endpoint set and no region anywhere it
    ///     is us-east-1, for servers that do not care.
    ///   - endpoint: nil: AWS_ENDPOINT_URL_S3VECTORS (_S3, _BEDROCK_RUNTIME), AWS_ENDPOINT_URL, the profile's
    ///     `services` and `endpoint_url`, else the service's own address in the region.
    /// - Throws: ``CredentialError/noRegion``, or what is wrong with the user's files.
    package static func find(
        _ surroundings: Surroundings, of service: AWSService = .s3Vectors, profile: String? = nil,
        region: String? = nil, endpoint: String? = nil
    ) throws(CredentialError) -> AWSSettings {
        let sources = try SettingSources(surroundings, profile: profile)
        let set: String?
        if let endpoint {
            set = try checked(endpoint, place: "the endpoint")
        } else {
            set = try sources.endpoint(of: service.rawValue)
        }
        guard let region = region ?? sources.region ?? (set == nil ? nil : "us-east-1") else { throw .noRegion }
        guard !region.isEmpty, region.utf8.allSatisfy(isLabelByte) else {
            throw .malformed(place: "the region", what: "\"\(region)\" is not one, such as us-east-1")
        }
        let address = set ?? Endpoint.address(of: service, in: region, fips: sources.wantsFIPS)
        return AWSSettings(region: region, endpoint: address, isEndpointSet: set != nil, caFile: sources.caFile)
    }

    static func checked(_ url: String, place: String) throws(CredentialError) -> String {
        guard url.hasPrefix("http://") || url.hasPrefix("https://"), Endpoint.host(url)?.isEmpty == false else {
            throw .malformed(place: place, what: "\"\(url)\" is not a URL that begins with http:// or https://")
        }
        guard !url.contains("?"), !url.contains("#"), !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw .malformed(place: place, what: "\"\(url)\" has a query, a fragment or a blank in it")
        }
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }
}

/// The environment and a profile, asked for one setting after the other.
struct SettingSources {
    let surroundings: Surroundings
    let profiles: Profiles
    let profile: Profiles.Profile?

    /// - Throws: ``CredentialError/profileMissing(name:files:)`` if a profile is named that is not there.
    init(_ surroundings: Surroundings, profile name: String?) throws(CredentialError) {
        self.surroundings = surroundings
        profiles = try Profiles(surroundings)
        let wanted = name ?? surroundings.variable("AWS_PROFILE") ?? surroundings.variable("AWS_DEFAULT_PROFILE")
        profile = profiles.profile(wanted ?? "default")
        if let wanted, profile == nil { throw .profileMissing(name: wanted, files: profiles.files) }
    }

    init(_ surroundings: Surroundings, _ profiles: Profiles, _ profile: Profiles.Profile?) {
        self.surroundings = surroundings
        self.profiles = profiles
        self.profile = profile
    }

    var region: String? {
        surroundings.variable("AWS_REGION") ?? surroundings.variable("AWS_DEFAULT_REGION") ?? profile?["region"]
    }

    var wantsFIPS: Bool { flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") }

    var caFile: String? { (surroundings.variable("AWS_CA_BUNDLE") ?? profile?["ca_bundle"]).map(surroundings.expanded) }

    /// - Parameter service: as in the sections `services`; in variables it stands in capitals.
    func endpoint(of service: String) throws(CredentialError) -> String? {
        if flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") { return nil }
        for name in ["AWS_ENDPOINT_URL_\(service.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = surroundings.variable(name) { return try AWSSettings.checked(url, place: name) }
        }
        guard let profile else { return nil }
        if let name = profile["services"] {
            guard let section = profiles.section("services", name) else {
                throw .incomplete(missing: "the section [services \(name)]", place: "the config file")
            }
            if let url = section[service].flatMap({ ConfigText.nested($0)["endpoint_url"] }) {
                return try AWSSettings.checked(url, place: "[services \(name)], \(service)")
            }
        }
        return try profile["endpoint_url"].map { (url) throws(CredentialError) in
            try AWSSettings.checked(url, place: profile.place)
        }
    }

    private func flag(_ variable: String, _ setting: String) -> Bool {
        (surroundings.variable(variable) ?? profile?[setting])?.lowercased() == "true"
    }
}
