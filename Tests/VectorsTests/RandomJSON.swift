import Vectors
import Workload

/// Random values that reach the corners: limits of numbers, escapes, names that Unicode holds to be equal.
struct RandomJSON {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }
    mutating func pick<T>(_ values: [T]) -> T { values[random.below(values.count)] }

    static let strings = [
        "", "a", "\u{e9}", "e\u{301}", "red", "red ", "blue", "\"", "\\", "/", "\n\r\t", "\u{8}\u{c}\u{0}\u{1f}\u{7f}",
        "\u{1F600}", "\u{2028}\u{feff}", "\u{ffff}", "a.b", "$eq", "\u{d7ff}\u{e000}\u{10ffff}",
        String(repeating: "long ", count: 100),
    ]

    static let doubles = [
        0.5, -0.0, 0, 1, 0.1, .leastNonzeroMagnitude, -2.2250738585072014e-308, .greatestFiniteMagnitude, 1e16, 1e15,
        1e21, 1e-5,
        123456789.123, 9_007_199_254_740_992, 0.30000000000000004,
    ]

    static let integers: [Int64] = [
        0, 1, -1, 63, 64, -64, -65, 2020, .max, .min, .max - 1, 1 << 53, (1 << 53) + 1,
    ]

    mutating func string() -> String {
        guard below(3) == 0 else { return pick(Self.strings) }
        var text = ""
        for _ in 0..<below(12) {
            if let scalar = Unicode.Scalar(UInt32(below(0x11_0000))) { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    mutating func number() -> JSONValue {
        switch below(5) {
        case 0: return .integer(pick(Self.integers))
        case 1: return .integer(Int64(bitPattern: random.next()))
        case 2: return .unsigned(UInt64(Int64.max) + 1 + UInt64(below(1 << 40)))
        case 3: return .number(pick(Self.doubles))
        default:
            let value = Double(bitPattern: random.next())
            return .number(value.isFinite ? value : 1.5)
        }
    }

    mutating func value(depth: Int = 4) -> JSONValue {
        switch below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .boolean(below(2) == 0)
        case 2, 3: return number()
        case 4, 5: return .string(string())
        case 6: return .array((0..<below(5)).map { _ in value(depth: depth - 1) })
        default:
            return .object((0..<below(5)).map { _ in JSONValue.Member(string(), value(depth: depth - 1)) })
        }
    }

    /// What metadata may hold.
    mutating func metadataValue() -> JSONValue {
        switch below(5) {
        case 0: return .boolean(below(2) == 0)
        case 1: return number()
        case 2: return .string(string())
        case 3: return .array((0...below(4)).map { _ in number() })
        default: return .array((0...below(4)).map { _ in .string(string()) })
        }
    }

    mutating func metadata() -> Metadata {
        let members = (0..<below(6)).map { _ in JSONValue.Member(string(), metadataValue()) }
        return (try? Metadata(.object(members))) ?? Metadata()
    }

    /// `bytes` with some changed, taken out, put in, doubled or cut off.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes
        for _ in 0...below(3) {
            let at = below(out.count + 1)
            switch below(6) {
            case 0 where at < out.count: out[at] = UInt8(below(256))
            case 1 where at < out.count: out[at] ^= 1 << UInt8(below(8))
            case 2 where at < out.count: out.remove(at: at)
            case 3: out.insert(pick([0x22, 0x5B, 0x5D, 0x7B, 0x7D, 0x2C, 0x3A, 0x5C, 0x00, 0xFF, 0x30, 0x2D]), at: at)
            case 4: out.insert(contentsOf: out.prefix(below(8)), at: at)
            default: out.removeLast(out.count - at)
            }
        }
        return out
    }
}
