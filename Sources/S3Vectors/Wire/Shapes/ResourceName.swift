/// The ARN of a bucket, or of an index in it.
package struct ResourceName: Hashable, Sendable {
    package var partition: String
    package var region: String
    package var account: String
    package var bucket: String
    /// Nil for a bucket.
    package var index: String?

    package init(partition: String = "aws", region: String, account: String, bucket: String, index: String? = nil) {
        self.partition = partition
        self.region = region
        self.account = account
        self.bucket = bucket
        self.index = index
    }

    /// Nil for what the model's patterns do not allow:
    /// `arn:aws[-a-z0-9]*:s3vectors:[a-z0-9-]+:[0-9]{12}:bucket/NAME`, and `/index/NAME` behind it.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "s3vectors" else {
            return nil
        }
        guard Self.consists(parts[1], of: "-"), !parts[3].isEmpty, Self.consists(parts[3], of: "-") else { return nil }
        guard parts[4].utf8.count == 12, parts[4].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let steps = parts[5].split(separator: "/", omittingEmptySubsequences: false)
        guard steps.count == 2 || steps.count == 4, steps[0] == "bucket", Self.isName(steps[1]) else { return nil }
        if steps.count == 4 { guard steps[2] == "index", Self.isName(steps[3]) else { return nil } }
        self.init(
            partition: String(parts[1]), region: String(parts[3]), account: String(parts[4]),
            bucket: String(steps[1]), index: steps.count == 4 ? String(steps[3]) : nil)
    }

    /// 3 to 63 of a-z, 0-9, `-` and, in indexes and ARNs, `.`; a letter or digit first and last.
    package static func isName(_ name: some StringProtocol, allowingDots: Bool = true) -> Bool {
        guard Limits.name.contains(name.utf8.count), consists(name, of: allowingDots ? "-." : "-") else { return false }
        let bytes = Array(name.utf8)
        return isPlain(bytes[0]) && isPlain(bytes[bytes.count - 1])
    }

    private static func consists(_ text: some StringProtocol, of others: String) -> Bool {
        text.utf8.allSatisfy { isPlain($0) || others.utf8.contains($0) }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension ResourceName: CustomStringConvertible {
    package var description: String {
        "arn:\(partition):s3vectors:\(region):\(account):bucket/\(bucket)" + (index.map { "/index/\($0)" } ?? "")
    }
}
