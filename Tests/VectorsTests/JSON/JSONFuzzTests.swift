import Foundation
import Testing
import Workload

@testable import Vectors

@Suite("damaged JSON")
struct JSONFuzzTests {
    @Test(
        "whatever is done to a text, the fast reader and the slow one agree on whether it is JSON",
        arguments: Seed.quick)
    func readersAgree(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        var accepted = 0, refused = 0
        for step in 0..<Seed.steps(6_000) {
            let bytes = random.mutated(Array(random.value().text.utf8))
            let place = JSONError.place(in: bytes)
            let read = Result { () throws(JSONError) in try JSONValue(bytes: bytes) }
            switch read {
            case .success: accepted += 1
            case .failure: refused += 1
            }
            let agrees =
                switch read {
                case .success: place == nil
                case .failure(let error): place == error
                }
            guard agrees else {
                Issue.record("step \(step): \(bytes): \(read), \(String(describing: place)); MEMVEC_SEED=\(seed)")
                return
            }
        }
        #expect(accepted > 100 && refused > 100)
    }

    @Test("what is accepted is what another reader of JSON makes of it", arguments: Seed.quick)
    func otherReader(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for step in 0..<Seed.steps(2_000) {
            let bytes = random.mutated(Array(random.value().text.utf8))
            guard let value = try? JSONValue(bytes: bytes) else { continue }
            // Foundation keeps one of two equal names, and is not asked about them.
            guard !Self.hasEqualNames(value) else { continue }
            let other = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            guard let other, Self.isSame(value, other) else {
                Issue.record("step \(step): \(value.text) is \(String(describing: other)); MEMVEC_SEED=\(seed)")
                return
            }
        }
    }

    private static func hasEqualNames(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let values): values.contains(where: hasEqualNames)
        case .object(let members):
            Set(members.map(\.name)).count < members.count || members.contains { hasEqualNames($0.value) }
        default: false
        }
    }

    private static func isSame(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: return other is NSNull
        case .boolean(let flag): return (other as? Bool) == flag
        case .integer, .unsigned, .number:
            // Foundation goes through a decimal number and may be some steps beside the nearest double.
            guard let theirs = (other as? NSNumber)?.doubleValue, let ours = value.double else { return false }
            return theirs == ours || abs(theirs - ours) <= abs(ours) * 0x1p-49
        case .string(let text): return (other as? String).map { $0.utf8.elementsEqual(text.utf8) } ?? false
        case .array(let values):
            guard let others = other as? [Any], others.count == values.count else { return false }
            return zip(values, others).allSatisfy { isSame($0, $1) }
        case .object(let members):
            guard let others = other as? [String: Any], others.count == members.count else { return false }
            return members.allSatisfy { member in others[member.name].map { isSame(member.value, $0) } ?? false }
        }
    }
}
