internal import Vectors

/// The dashboard's page and what it loads, which are part of the program.
///
/// They need no signature: there is nothing in them. What the page shows it asks for, signed by whoever reads it.
enum DashboardFiles {
    static let prefix = "/dashboard/"

    /// Nothing is loaded from elsewhere, nothing is sent elsewhere, and no other page shows this one in a frame.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// Nil where there is no such file.
    static func reply(_ path: String) -> Reply? {
        switch path {
        case "/": file(PackageResources.index_html, "text/html; charset=utf-8")
        case prefix + "style.css": file(PackageResources.style_css, "text/css; charset=utf-8")
        case prefix + "icon.svg": file(PackageResources.icon_svg, "image/svg+xml")
        default: path.hasPrefix(prefix) ? script(path.dropFirst(prefix.count)) : nil
        }
    }

    private static func script(_ name: Substring) -> Reply? {
        let bytes: [UInt8]
        switch name {
        case "app.js": bytes = PackageResources.app_js
        case "charts.js": bytes = PackageResources.charts_js
        case "collection.js": bytes = PackageResources.collection_js
        case "documents.js": bytes = PackageResources.documents_js
        case "explain.js": bytes = PackageResources.explain_js
        case "overview.js": bytes = PackageResources.overview_js
        case "page.js": bytes = PackageResources.page_js
        case "server.js": bytes = PackageResources.server_js
        default: return nil
        }
        return file(bytes, "text/javascript; charset=utf-8")
    }

    /// What the page has to know before it can sign.
    static func server(_ settings: ServiceSettings) -> Reply {
        let object: JSONObject = ["region": settings.region, "keys": settings.accessKeys != nil]
        return file(Array(object.json.text.utf8), "application/json")
    }

    private static func file(_ bytes: [UInt8], _ type: String) -> Reply {
        Reply(
            status: 200,
            headers: [
                (name: "content-type", value: type), (name: "content-security-policy", value: policy),
                (name: "x-content-type-options", value: "nosniff"), (name: "referrer-policy", value: "no-referrer"),
                (name: "cross-origin-opener-policy", value: "same-origin"),
                (name: "cross-origin-resource-policy", value: "same-origin"),
                // Another version of the program has another page.
                (name: "cache-control", value: "no-store"),
            ], body: bytes)
    }
}
