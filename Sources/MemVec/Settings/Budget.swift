public import Vectors

/// An amount of memory or disk: a number of bytes, or a share of what the machine has.
///
/// As text: `512MiB`, `2GB`, `1000000`, `10%`.
public struct Budget: Sendable, Equatable, CustomStringConvertible {
    /// How an amount is given.
    public enum Amount: Sendable, Equatable {
        /// So many bytes.
        case bytes(Int)
        /// 0...1 of the whole.
        case share(Double)
    }

    /// Bytes or a share.
    public let amount: Amount
    /// As it was written, such as `512MiB`.
    public let description: String

    /// So many bytes.
    public static func bytes(_ count: Int) -> Budget { Budget(amount: .bytes(count), description: "\(count)") }

    private init(amount: Amount, description: String) {
        self.amount = amount
        self.description = description
    }

    /// - Throws: ``InputError/outOfRange(name:value:allowed:)``.
    public init(_ text: String, name: String = "a size") throws(InputError) {
        let wrong = InputError.outOfRange(
            name: name, value: "\"\(text)\"", allowed: "a size such as 512MiB, 2GB or 1000000, or a share such as 10%")
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number.isFinite else { throw wrong }
        let unit = text.dropFirst(digits.count)
        if unit == "%" {
            guard number <= 100 else { throw wrong }
            self.init(amount: .share(number / 100), description: text)
            return
        }
        guard let scale = Self.units[String(unit)], number * scale <= 1e17 else { throw wrong }
        self.init(amount: .bytes(Int(number * scale)), description: text)
    }

    private static let units: [String: Double] = [
        "": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
        "KiB": 0x1p10, "MiB": 0x1p20, "GiB": 0x1p30, "TiB": 0x1p40,
        "K": 0x1p10, "M": 0x1p20, "G": 0x1p30, "T": 0x1p40,
    ]

    /// In bytes, of a machine that has `whole`.
    public func byteCount(of whole: Int) -> Int {
        switch amount {
        case .bytes(let count): count
        case .share(let share): Int(Double(whole) * share)
        }
    }
}
