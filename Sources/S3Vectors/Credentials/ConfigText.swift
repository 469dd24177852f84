/// The text of `~/.aws/config` and `~/.aws/credentials`: sections, and in them settings, as botocore reads them.
///
/// A line that begins with a blank goes on with the setting above it; so are written the settings below a service:
///
///     [services local]
///     s3vectors =
///       endpoint_url = http://127.0.0.1:8080
struct ConfigText {
    /// Section, as it stands in brackets without outer blanks -> setting in small letters -> value. A section or
    /// setting that comes twice: the later counts.
    private(set) var sections: [String: [String: String]] = [:]

    /// - Parameter path: for messages.
    init(_ text: String, path: String) throws(CredentialError) {
        var section: String?
        var setting: String?
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let content = Self.trimmed(line)
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            let place = "\(path), line \(index + 1)"
            if line.first == " " || line.first == "\t", let section, let setting {
                sections[section, default: [:]][setting, default: ""] += "\n" + content
            } else if content.hasPrefix("[") {
                guard let end = content.lastIndex(of: "]") else {
                    throw .malformed(place: place, what: "a section lacks its closing bracket")
                }
                let name = Self.trimmed(content[content.index(after: content.startIndex)..<end])
                sections[name, default: [:]].merge([:]) { $1 }
                section = name
                setting = nil
            } else {
                guard let section else { throw .malformed(place: place, what: "a setting stands before any section") }
                guard let (name, value) = Self.setting(content) else {
                    throw .malformed(place: place, what: "neither a section nor a setting (name = value)")
                }
                sections[section, default: [:]][name] = value
                setting = name
            }
        }
    }

    /// The settings below a setting, one a line.
    static func nested(_ value: String) -> [String: String] {
        var settings: [String: String] = [:]
        for line in value.split(separator: "\n") {
            if let (name, value) = setting(trimmed(line)) { settings[name] = value }
        }
        return settings
    }

    private static func setting(_ line: String) -> (name: String, value: String)? {
        guard let separator = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
        let name = trimmed(line[..<separator]).lowercased()
        return name.isEmpty ? nil : (name, trimmed(line[line.index(after: separator)...]))
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = text.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(start[...last])
    }
}
