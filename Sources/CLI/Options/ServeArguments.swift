import ArgumentParser
import Foundation

/// The arguments of `memvec serve` with those that a file and the environment add. What the command line says of an
/// option overrules the MEMVEC_SERVE_... variable, and this what the file says. An empty value counts as none.
enum ServeArguments {
    private static let prefix = "MEMVEC_SERVE_"
    private static let command = "serve"

    /// Arguments of other commands are given back as they are.
    /// - Throws: `ValidationError` naming the file, the line and the option.
    static func expanded(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> [String] {
        guard arguments.first == command, !arguments.contains(where: { ["-h", "--help"].contains($0) }) else {
            return arguments
        }
        let given = Array(arguments.dropFirst())
        let known = options()
        var values: [String] = [], flags: [String: Bool] = [:], root: String?
        for (name, value, place) in try settings(given, environment, known) {
            if name == "root" {
                root = value
                continue
            }
            guard let takesValue = known[name], name != "settings" else {
                throw ValidationError("\(place): there is no option --\(name) (memvec serve --help lists them)")
            }
            if takesValue {
                // One word, as a value may begin with a dash.
                values.append("--\(name)=\(value)")
            } else {
                flags[name] = try isOn(value, name, place)
            }
        }
        let added = values + flags.filter(\.value).keys.sorted().map { "--" + $0 }
        // Where the folder stands on the command line, that one counts.
        let alone = try? Serve.parse(given)
        let isMissing = alone.map { $0.root == nil && !$0.ephemeral } ?? false
        return [command] + added + (isMissing ? [root].compactMap { $0 } : []) + given
    }

    /// By name, whether it takes a value.
    private static func options() -> [String: Bool] {
        var found: [String: Bool] = [:]
        for line in Serve.helpMessage(columns: 200).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(where: { $0.hasPrefix("--") }), line.hasPrefix("  ") else { continue }
            found[String(words[at].dropFirst(2))] = at + 1 < words.count && words[at + 1].hasPrefix("<")
        }
        return found
    }

    private typealias Setting = (name: String, value: String, place: String)

    /// Those that count: of each option, what the environment says, else what the file says, and nothing of those that
    /// the command line names. Several of one name are several values of one option.
    private static func settings(
        _ given: [String], _ environment: [String: String], _ known: [String: Bool]
    ) throws -> [Setting] {
        func isGiven(_ name: String) -> Bool { given.contains { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") } }
        var fromEnvironment: [Setting] = []
        for name in known.keys.sorted() + ["root"] where name != "settings" {
            let variable = prefix + name.uppercased().replacingOccurrences(of: "-", with: "_")
            guard let value = environment[variable], !value.isEmpty, !isGiven(name) else { continue }
            fromEnvironment.append((name, value, variable))
        }
        let overruled = Set(fromEnvironment.map(\.name))
        let variable = environment[prefix + "SETTINGS"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = value(of: "--settings", in: given) ?? variable else { return fromEnvironment }
        let fromFile = try settings(ofFile: path).filter { setting in
            // Names that are no option's here are not overruled, but wrong.
            let isKnown = setting.name == "root" || setting.name != "settings" && known[setting.name] != nil
            guard isKnown else { return true }
            return !setting.value.isEmpty && !overruled.contains(setting.name) && !isGiven(setting.name)
        }
        return fromFile + fromEnvironment
    }

    private static func settings(ofFile path: String) throws -> [Setting] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ValidationError("--settings \(path) cannot be read: \(error.localizedDescription)")
        }
        var found: [Setting] = []
        // Both ends of lines, each of which is one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (number, line) in lines.enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "\(path), line \(number + 1)"
            guard let sign = line.firstIndex(of: "=") else {
                throw ValidationError("\(place): it is no NAME = VALUE")
            }
            let name = line[..<sign].trimmingCharacters(in: .whitespaces)
            found.append((name, line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces), place))
        }
        return found
    }

    private static func value(of name: String, in arguments: [String]) -> String? {
        for (at, argument) in arguments.enumerated() {
            if argument == name, at + 1 < arguments.count { return arguments[at + 1] }
            if argument.hasPrefix(name + "=") { return String(argument.dropFirst(name.count + 1)) }
        }
        return nil
    }

    private static func isOn(_ value: String, _ name: String, _ place: String) throws -> Bool {
        switch value.lowercased() {
        case "on", "true", "yes", "1": true
        case "off", "false", "no", "0": false
        default: throw ValidationError("\(place): \(name) is \"\(value)\"; it is on or off")
        }
    }
}
