internal import S3Vectors

/// Keeps pages of other sites away from a server that lets everybody in.
///
/// A page that a browser of this machine has open may send requests to this machine, and a site that lets its own name
/// lead to 127.0.0.1 could read the answers (DNS rebinding). Its requests still name the site: in `Host`, which is then
/// no address and no name of ours, or in `Origin`. Programs send an address or `localhost`, and no origin.
struct HostCheck {
    /// In lower case.
    private let allowed: Set<String>

    /// - Parameter names: that are fine besides addresses and `localhost`, without a port.
    init(allowing names: [String]) { allowed = Set(names.map { Self.plain($0[...]) }) }

    /// - Throws: ``ServiceError/Code/accessDenied``.
    func check(_ call: Call) throws(ServiceError) {
        var host: String?, origin: String?, site: String?, isNavigation = false
        for header in call.headers {
            switch header.name.lowercased() {
            case "host": host = header.value
            case "origin": origin = header.value
            case "sec-fetch-site": site = header.value
            case "sec-fetch-dest": isNavigation = header.value == "document"
            default: break
            }
        }
        // Browsers always say it; HTTP/1.0 need not.
        if let host, !isOurs(Self.name(of: host)) {
            throw ServiceError(
                .accessDenied,
                "Access denied: this server has no keys, so it answers to addresses, localhost and names that it was "
                    + "told, not to \"\(host.prefix(100))\" (memvec serve --allow-host NAME, or --credentials FILE)")
        }
        let isForeign = origin.map { Self.place(ofOrigin: $0) != host.map { $0.lowercased() } } ?? false
        // Following a link of another site to the dashboard shows that site nothing.
        let isVisit = call.method == "GET" && isNavigation && origin == nil
        guard !isForeign, site != "cross-site" || isVisit else {
            throw ServiceError(
                .accessDenied,
                "Access denied: this server has no keys, so pages of other sites may not call it "
                    + "(memvec serve --credentials FILE lets them, with signatures)")
        }
    }

    private func isOurs(_ name: String) -> Bool {
        name == "localhost" || name.hasSuffix(".localhost") || Self.isAddress(name) || allowed.contains(name)
    }

    /// Host and port of an origin, as a browser writes them into `Host`; nil of `null`, which is the origin of a page
    /// from nowhere.
    private static func place(ofOrigin origin: String) -> String? {
        let parts = origin.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasSuffix(":"), parts[1].isEmpty else { return nil }
        return String(parts[2])
    }

    /// Of `NAME`, `NAME:PORT`, `[ADDRESS]` or `[ADDRESS]:PORT`.
    private static func name(of host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return plain(host[...end]) }
        return plain(host.prefix { $0 != ":" })
    }

    private static func plain(_ name: Substring) -> String {
        let name = name.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    /// No name that a site could own: it is not looked up.
    private static func isAddress(_ name: String) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") {
            return name.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in part.count <= 3 && UInt8(part) != nil }
    }
}
