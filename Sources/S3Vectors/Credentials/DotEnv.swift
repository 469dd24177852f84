/// A `.env` file: `NAME=value` a line, as shells read it, without their substitutions.
enum DotEnv {
    /// `export` before a name is passed over. A value may stand in quotes: within '...' everything stands for itself,
    /// within "..." also `\n`, `\"`, `\\`. Outside quotes a blank and `#` begin a comment.
    /// - Parameter path: for messages.
    static func values(_ text: String, path: String) throws(CredentialError) -> [String: String] {
        var values: [String: String] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst(7).drop(while: \.isWhitespace) }
            let place = "\(path), line \(index + 1)"
            guard let equals = line.firstIndex(of: "="), equals > line.startIndex else {
                throw .malformed(place: place, what: "not NAME=value")
            }
            var name = String(line[..<equals])
            while name.last?.isWhitespace == true { name.removeLast() }
            values[name] = try value(line[line.index(after: equals)...], place)
        }
        return values
    }

    private static func value(_ text: Substring, _ place: String) throws(CredentialError) -> String {
        let text = text.drop { $0 == " " || $0 == "\t" }
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            var value = ""
            for character in text {
                if character == "#", value.isEmpty || value.last?.isWhitespace == true { break }
                value.append(character)
            }
            while value.last?.isWhitespace == true { value.removeLast() }
            return value
        }
        var value = ""
        var isEscaped = false
        for character in text.dropFirst() {
            if isEscaped {
                value.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\", quote == "\"" {
                isEscaped = true
            } else if character == quote {
                return value
            } else {
                value.append(character)
            }
        }
        throw .malformed(place: place, what: "a value lacks its closing quote")
    }
}
