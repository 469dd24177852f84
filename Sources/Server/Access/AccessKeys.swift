internal import FoundationEssentials
package import S3Vectors
internal import Storage

/// Somebody who may call, and what of it.
package struct Principal: Sendable {
    package let keys: SigningKeys
    /// Names of buckets, `*` standing for any letters; nil for all buckets.
    package let buckets: [String]?
    package let isReadOnly: Bool

    func mayReach(_ bucket: String) -> Bool {
        guard let buckets else { return true }
        return buckets.contains { Self.matches(bucket[...], $0[...]) }
    }

    private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        // A name has 63 letters at most and a file names few patterns; each `*` tries every place.
        guard let star = pattern.firstIndex(of: "*") else { return text == pattern }
        guard text.hasPrefix(pattern[..<star]) else { return false }
        let rest = pattern[pattern.index(after: star)...]
        guard !rest.isEmpty else { return true }
        var from = text.dropFirst(pattern[..<star].count)
        while true {
            if matches(from, rest) { return true }
            guard !from.isEmpty else { return false }
            from = from.dropFirst()
        }
    }
}

/// The file of keys:
///
///     {"keys": [{"accessKey": "AKIDEXAMPLE", "secretKey": "...", "buckets": ["news", "test-*"], "readOnly": true}]}
///
/// `buckets`, `readOnly` and `sessionToken` may be left out: all buckets, reading and writing, no token. Other members
/// are refused: one that is misspelt would else give all rights.
package struct AccessKeys: Sendable {
    package let principals: [String: Principal]

    package init(_ principals: [Principal]) {
        self.principals = Dictionary(principals.map { ($0.keys.accessKey, $0) }) { first, _ in first }
    }

    private struct File: Decodable {
        struct Key: Decodable {
            var accessKey: String
            var secretKey: String
            var sessionToken: String?
            var buckets: [String]?
            var readOnly: Bool?

            private enum CodingKeys: String, CodingKey, CaseIterable {
                case accessKey, secretKey, sessionToken, buckets, readOnly
            }

            init(from decoder: any Decoder) throws {
                try Member.check(decoder, CodingKeys.allCases.map(\.rawValue), of: "a key")
                let members = try decoder.container(keyedBy: CodingKeys.self)
                accessKey = try members.decode(String.self, forKey: .accessKey)
                secretKey = try members.decode(String.self, forKey: .secretKey)
                sessionToken = try members.decodeIfPresent(String.self, forKey: .sessionToken)
                buckets = try members.decodeIfPresent([String].self, forKey: .buckets)
                readOnly = try members.decodeIfPresent(Bool.self, forKey: .readOnly)
            }
        }

        var keys: [Key]

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case keys
        }

        init(from decoder: any Decoder) throws {
            try Member.check(decoder, CodingKeys.allCases.map(\.rawValue), of: "the file")
            keys = try decoder.container(keyedBy: CodingKeys.self).decode([Key].self, forKey: .keys)
        }
    }

    /// Any member of an object.
    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }

        /// - Throws: ``UnknownMember`` for the first, by name, that is none of `known`.
        static func check(_ decoder: any Decoder, _ known: [String], of place: String) throws {
            let names = try decoder.container(keyedBy: Member.self).allKeys.map(\.stringValue)
            guard let unknown = names.filter({ !known.contains($0) }).min() else { return }
            throw UnknownMember(
                what: "\(place) has a member \"\(unknown)\"; possible are \(known.joined(separator: ", "))")
        }
    }

    private struct UnknownMember: Error {
        let what: String
    }

    /// - Throws: ``AccessFileError``, `StorageError`.
    package init(path: String) throws {
        guard let bytes = try Files.read(path) else { throw AccessFileError(path: path, what: "there is no such file") }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch let error as UnknownMember {
            throw AccessFileError(path: path, what: error.what)
        } catch {
            throw AccessFileError(
                path: path, what: "it is not {\"keys\": [{\"accessKey\": ..., \"secretKey\": ...}, ...]}: \(error)")
        }
        guard !file.keys.isEmpty else { throw AccessFileError(path: path, what: "it names no key") }
        var seen: Set<String> = []
        for key in file.keys {
            guard !key.accessKey.isEmpty, !key.secretKey.isEmpty, !key.accessKey.contains("/") else {
                throw AccessFileError(
                    path: path, what: "access key \"\(key.accessKey)\" or its secret is empty or has a slash")
            }
            guard seen.insert(key.accessKey).inserted else {
                throw AccessFileError(path: path, what: "access key \"\(key.accessKey)\" is there twice")
            }
        }
        self.init(
            file.keys.map { key in
                Principal(
                    keys: SigningKeys(
                        accessKey: key.accessKey, secretKey: key.secretKey, sessionToken: key.sessionToken),
                    buckets: key.buckets, isReadOnly: key.readOnly ?? false)
            })
    }
}

/// A file of keys that cannot be used.
package struct AccessFileError: Error, CustomStringConvertible {
    package let path: String
    package let what: String
    package var description: String { "\(path): \(what)" }
}
