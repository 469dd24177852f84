import ArgumentParser
import Foundation

/// The arguments of `memvec serve` with those that a file and the environment add. What is said later counts, so that
/// the command line overrules MEMVEC_SERVE_... variables, and these the file.
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
        var added: [String] = [], root: String?
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
                added.append("--\(name)=\(value)")
            } else if try isOn(value, name, place) {
                added.append("--\(name)")
            }
        }
        // Where the folder stands on the command line, that one counts.
        let alone = try? Serve.parse(given)
        if let root, alone.map({ $0.root == nil && !$0.ephemeral }) ?? false { added.append(root) }
        return [command] + added + given
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

    /// Those of the file first.
    private static func settings(
        _ given: [String], _ environment: [String: String], _ known: [String: Bool]
    ) throws -> [Setting] {
        var found: [Setting] = []
        if let path = value(of: "--settings", in: given) ?? environment[prefix + "SETTINGS"] {
            let text: String
            do {
                text = try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw ValidationError("--settings \(path) cannot be read: \(error.localizedDescription)")
            }
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let line = line.trimmingCharacters(in: .whitespaces)
                if line.isEmpty || line.hasPrefix("#") { continue }
                let place = "\(path), line \(number + 1)"
                guard let sign = line.firstIndex(of: "=") else {
                    throw ValidationError("\(place): it is no NAME = VALUE")
                }
                found.append(
                    (
                        line[..<sign].trimmingCharacters(in: .whitespaces),
                        line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces), place
                    ))
            }
        }
        for name in known.keys.sorted() + ["root"] where name != "settings" {
            let variable = prefix + name.uppercased().replacingOccurrences(of: "-", with: "_")
            if let value = environment[variable] { found.append((name, value, variable)) }
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
        case "off", "false", "no", "0", "": false
        default: throw ValidationError("\(place): \(name) is \"\(value)\"; it is on or off")
        }
    }
}
