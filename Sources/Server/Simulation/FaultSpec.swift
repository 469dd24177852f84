/// What can go wrong between a client and S3 Vectors.
package enum Fault: Hashable, Sendable {
    /// Refused by 408, 429, 500 or 503, and not done.
    case status(Int)
    /// Not done, and never answered.
    case timeout
    /// Not done; the connection is reset.
    case reset
    /// Done; half of the answer's body comes, then the connection ends.
    case truncate
    /// Done; the answer's body is random bytes.
    case garbage
    /// Done; the answer's body is JSON, but not an answer.
    case wrongJSON
    /// Done at once, and never answered.
    case appliedTimeout
    /// Done only after the client has gone, and never answered.
    case late

    package static let statuses = [408, 429, 500, 503]
    private static let words: [(name: String, fault: Fault)] = [
        ("timeout", .timeout), ("reset", .reset), ("truncate", .truncate), ("garbage", .garbage),
        ("wrong-json", .wrongJSON), ("applied-timeout", .appliedTimeout), ("late", .late),
    ]

    /// As a spec writes it.
    package static let names = statuses.map { "\($0)" } + words.map(\.name)

    init?(_ name: String) {
        if let status = Int(name), Self.statuses.contains(status) {
            self = .status(status)
        } else if let found = Self.words.first(where: { $0.name == name }) {
            self = found.fault
        } else {
            return nil
        }
    }

    var name: String {
        if case .status(let status) = self { return "\(status)" }
        return Self.words.first { $0.fault == self }?.name ?? ""
    }
}

/// How often which fault is made: `429=0.05,timeout=0.02;seed=7`.
package struct FaultSpec: Equatable, Sendable {
    /// Of all requests, the share that meets the fault, in the order they were named.
    package let shares: [(fault: Fault, share: Double)]
    package let seed: UInt64

    /// - Throws: ``FaultSpecError``.
    package init(_ text: String) throws(FaultSpecError) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        var shares: [(fault: Fault, share: Double)] = []
        for part in (parts.first ?? "").split(separator: ",", omittingEmptySubsequences: false) {
            let (name, value) = try Self.pair(part)
            guard let fault = Fault(name) else {
                throw FaultSpecError("\"\(name)\" is no fault; there are \(Fault.names.joined(separator: ", "))")
            }
            guard let share = Double(value), (0...1).contains(share) else {
                throw FaultSpecError("\(name)=\(value): a share is a number from 0 to 1")
            }
            guard !shares.contains(where: { $0.fault == fault }) else {
                throw FaultSpecError("\"\(name)\" is there twice")
            }
            shares.append((fault, share))
        }
        guard shares.reduce(0, { $0 + $1.share }) <= 1 + 1e-9 else {
            throw FaultSpecError("the shares add up to more than 1")
        }
        var seed: UInt64 = 1
        for part in parts.dropFirst() {
            let (name, value) = try Self.pair(part)
            guard name == "seed", let number = UInt64(value) else {
                throw FaultSpecError("\"\(part)\": behind the semicolon stands seed=NUMBER")
            }
            seed = number
        }
        self.shares = shares
        self.seed = seed
    }

    private static func pair(_ text: Substring) throws(FaultSpecError) -> (name: String, value: String) {
        guard let equals = text.firstIndex(of: "=") else {
            throw FaultSpecError("\"\(text)\" is not NAME=SHARE, such as 503=0.05")
        }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// The fault at a place in 0..<1, or none.
    func fault(at place: Double) -> Fault? {
        var end = 0.0
        for (fault, share) in shares {
            end += share
            if place < end { return fault }
        }
        return nil
    }

    package static func == (a: FaultSpec, b: FaultSpec) -> Bool {
        a.seed == b.seed && a.shares.elementsEqual(b.shares) { $0.fault == $1.fault && $0.share == $1.share }
    }
}

/// A spec of faults that cannot be read.
package struct FaultSpecError: Error, CustomStringConvertible {
    package let description: String
    init(_ what: String) { description = what }
}
