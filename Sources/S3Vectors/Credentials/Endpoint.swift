/// Where a service is.
package enum Endpoint {
    /// The service's own address in a region.
    package static func address(of service: AWSService, in region: String, fips: Bool = false) -> String {
        let host = "\(service.hostLabel)\(fips ? "-fips" : "").\(region)."
        let isChina = region.hasPrefix("cn-")
        let isSovereign = region.hasPrefix("eusc-")
        return switch service {
        case .s3Vectors:
            "https://\(host)"
                + (isChina ? "api.amazonwebservices.com.cn" : isSovereign ? "api.amazonwebservices.eu" : "api.aws")
        case .s3, .bedrockRuntime:
            "https://\(host)" + (isChina ? "amazonaws.com.cn" : isSovereign ? "amazonaws.eu" : "amazonaws.com")
        }
    }

    /// Of the service that gives keys of roles.
    static func address(ofSecurityTokensIn region: String) -> String {
        "https://sts.\(region)." + (region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com")
    }

    /// The host of a URL, without its port, IPv6 in brackets; nil if there is none.
    package static func host(_ url: String) -> String? {
        guard let authority = authority(url) else { return nil }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        if host.hasPrefix("[") { return host.firstIndex(of: "]").map { String(host[...$0]) } }
        return String(host.prefix { $0 != ":" })
    }

    /// Host and port as the Host header has them: the port of the scheme is left out.
    package static func hostHeader(_ url: String) -> String? {
        guard let authority = authority(url) else { return nil }
        let host = String(authority.split(separator: "@", omittingEmptySubsequences: false).last ?? "")
        let usual = url.lowercased().hasPrefix("https://") ? ":443" : ":80"
        return host.hasSuffix(usual) ? String(host.dropLast(usual.count)) : host
    }

    /// Whether a host is this machine by its address.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func authority(_ url: String) -> Substring? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let rest = url[url.index(colon, offsetBy: 3)...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return authority.isEmpty ? nil : authority
    }
}
