import MemVec
import Workload

/// A filter beside the same condition in Swift.
struct FilterCase: Sendable {
    let json: String
    let passes: @Sendable (_ key: Int, _ metadata: Int) -> Bool

    static let none = FilterCase(json: "none") { _, _ in true }

    func filter() throws -> Filter? { json == "none" ? nil : try Filter(json: json) }

    static func random(_ random: inout SplitMix64, latest: Int) -> FilterCase {
        let group = random.below(10), other = random.below(10), version = random.below(latest + 1)
        switch random.below(8) {
        case 0: return FilterCase(json: #"{"group":\#(group)}"#) { ($0 + $1) % 10 == group }
        case 1: return FilterCase(json: #"{"even":{"$ne":true}}"#) { $1 % 2 != 0 }
        case 2:
            return FilterCase(json: #"{"group":{"$in":[\#(group),\#(other)]}}"#) {
                ($0 + $1) % 10 == group || ($0 + $1) % 10 == other
            }
        case 3: return FilterCase(json: #"{"version":{"$gte":\#(version)}}"#) { $1 >= version }
        case 4:
            return FilterCase(json: #"{"$and":[{"even":true},{"group":{"$lt":\#(group)}}]}"#) {
                $1 % 2 == 0 && ($0 + $1) % 10 < group
            }
        case 5:
            return FilterCase(json: #"{"$or":[{"group":\#(group)},{"version":{"$lt":\#(version)}}]}"#) {
                ($0 + $1) % 10 == group || $1 < version
            }
        case 6:
            return FilterCase(
                json: #"{"$and":[{"key":{"$nin":["key-\#(group)","key-\#(other)"]}},{"absent":{"$exists":false}}]}"#
            ) {
                key, _ in key != group && key != other
            }
        default: return FilterCase(json: #"{"key":"key-\#(version % 300)"}"#) { key, _ in key == version % 300 }
        }
    }
}
