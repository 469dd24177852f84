import Testing
import Vectors
import Workload

/// Filters and metadata from pools small enough that they meet, with neighbours that must not be taken for each other.
private struct FilterPool {
    var random: SplitMix64

    static let names = ["a", "b", "c", "\u{e9}", "e\u{301}", ""]
    static let strings = ["x", "xy", "\u{e9}", "e\u{301}", "e", "", "true", "1", "X"]
    static let numbers: [JSONValue] = [
        .integer(0), .integer(1), .number(1), .number(1.5), .integer(2), .number(-0.0), .integer(-3),
        .integer(9_007_199_254_740_992), .integer(9_007_199_254_740_993), .unsigned(.max), .number(1e300),
    ]

    mutating func pick<T>(_ values: [T]) -> T { values[random.below(values.count)] }
    mutating func string() -> JSONValue { .string(pick(Self.strings)) }
    mutating func number() -> JSONValue { pick(Self.numbers) }

    mutating func scalar() -> JSONValue {
        switch random.below(5) {
        case 0: return .boolean(random.below(2) == 0)
        case 1, 2: return number()
        default: return string()
        }
    }

    mutating func metadata() -> JSONValue {
        var members: [JSONValue.Member] = []
        for name in Self.names where random.below(2) == 0 {
            switch random.below(4) {
            case 0: members.append(.init(name, .array((0...random.below(3)).map { _ in number() })))
            case 1: members.append(.init(name, .array((0...random.below(3)).map { _ in string() })))
            default: members.append(.init(name, scalar()))
            }
        }
        return .object(members)
    }

    mutating func condition() -> JSONValue.Member {
        switch random.below(10) {
        case 0: return .init("$eq", scalar())
        case 1: return .init("$ne", scalar())
        case 2: return .init("$gt", number())
        case 3: return .init("$gte", number())
        case 4: return .init("$lt", number())
        case 5: return .init("$lte", number())
        case 6: return .init("$in", .array((0...random.below(3)).map { _ in scalar() }))
        case 7: return .init("$nin", .array((0...random.below(3)).map { _ in scalar() }))
        case 8: return .init("$exists", .boolean(random.below(2) == 0))
        default: return .init("$startsWith", string())
        }
    }

    mutating func filter(depth: Int = 3) -> JSONValue {
        if depth > 0, random.below(3) == 0 {
            let branches = (0...random.below(3)).map { _ in filter(depth: depth - 1) }
            return .object([.init(random.below(2) == 0 ? "$and" : "$or", .array(branches))])
        }
        let name = pick(Self.names)
        if random.below(3) == 0 { return .object([.init(name, scalar())]) }
        var operators: [JSONValue.Member] = []
        for _ in 0...random.below(2) {
            let item = condition()
            if !operators.contains(where: { $0.name == item.name }) { operators.append(item) }
        }
        return .object([.init(name, .object(operators))])
    }
}

@Suite("filters against a plain model")
struct FilterModelTests {
    /// The first step at which the product and `model` disagree, said in words; nil if they never do.
    private static func disagreement(
        with model: PlainFilter, seed: UInt64, steps: Int, matched: inout Int
    ) throws -> String? {
        var pool = FilterPool(random: SplitMix64(seed: seed))
        for step in 0..<steps {
            let filterJSON = pool.filter(), metadataJSON = pool.metadata()
            let filter = try Filter(filterJSON), metadata = try Metadata(metadataJSON)
            let expected = model.matches(filterJSON, metadataJSON)
            let encoded = metadata.encoded
            let results = unsafe [
                filter.matches(metadata), filter.matches(try Metadata(encoded: encoded)),
                try filter.matches(encoded: encoded.span.bytes), try Filter(filter.json).matches(metadata),
            ]
            matched += expected ? 1 : 0
            guard results.allSatisfy({ $0 == expected }) else {
                return
                    "step \(step): \(filterJSON.text) on \(metadataJSON.text): \(results), the model says \(expected)"
            }
        }
        return nil
    }

    @Test("filters mean what the plain model says, read, stored and written anew", arguments: Seed.quick)
    func agrees(seed: UInt64) throws {
        let steps = Seed.steps(5_000)
        var matched = 0
        let found = try Self.disagreement(with: PlainFilter(), seed: seed, steps: steps, matched: &matched)
        #expect(found == nil, "MEMVEC_SEED=\(seed) repeats this")
        #expect(matched > steps / 10 && matched < steps * 9 / 10, "\(matched) of \(steps) matched")
    }

    @Test("every planted misunderstanding is found", arguments: PlainFilter.Bug.allCases)
    func canary(bug: PlainFilter.Bug) throws {
        var matched = 0
        let found = try Self.disagreement(with: PlainFilter(bug: bug), seed: 1, steps: 20_000, matched: &matched)
        #expect(found != nil)
    }

    @Test("a text that was damaged is refused, or is a filter that its JSON repeats", arguments: Seed.quick)
    func mutations(seed: UInt64) throws {
        var pool = FilterPool(random: SplitMix64(seed: seed)), mutator = RandomJSON(seed: seed &+ 100)
        var accepted = 0, refused = 0
        for step in 0..<Seed.steps(5_000) {
            let bytes = mutator.mutated(Array(pool.filter().text.utf8))
            guard let filter = try? JSONValue(bytes: bytes), let filter = try? Filter(filter, nonFilterable: ["c"])
            else {
                refused += 1
                continue
            }
            accepted += 1
            guard (try? Filter(filter.json, nonFilterable: ["c"])) == filter else {
                Issue.record("step \(step): \(String(decoding: bytes, as: UTF8.self)); MEMVEC_SEED=\(seed)")
                return
            }
        }
        #expect(accepted > 100 && refused > 100)
    }

    @Test("any JSON value is a filter or an error with a place", arguments: Seed.quick)
    func anyValue(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        for _ in 0..<Seed.steps(5_000) {
            let value = random.value()
            do { _ = try Filter(value).constraintCount } catch { #expect(!error.why.isEmpty) }
        }
    }
}
