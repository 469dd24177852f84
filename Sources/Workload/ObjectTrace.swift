/// Streams of single objects with which cache policies are compared (bars B1 to B3).
public enum ObjectTrace: String, Sendable, CaseIterable {
    /// Independent draws by Zipf's law.
    case zipf
    /// Zipf, but every 50 requests the object at a drawn rank swaps places with one at a uniform rank.
    case drift
    /// Four phases; in each, another shuffle of the objects is hot.
    case abrupt
    /// Blocks of `objects` requests: 70 % Zipf, then a scan over objects that were never seen before.
    case scan

    /// `count` object numbers, below `objects` but for the fresh ones of a scan. Same arguments, same numbers.
    public func requests(objects: Int, count: Int, seed: UInt64 = 1, exponent: Double = 0.99) -> [UInt32] {
        var random = SplitMix64(seed: seed)
        let zipf = Zipf(count: objects, exponent: exponent)
        return switch self {
        case .zipf: (0..<count).map { _ in UInt32(zipf.draw(&random)) }
        case .drift: Self.drift(objects, count, swapEvery: 50, zipf, &random)
        case .abrupt: Self.abrupt(objects, count, zipf, &random)
        case .scan: Self.scan(objects, count, zipf, &random)
        }
    }

    private static func drift(
        _ objects: Int, _ count: Int, swapEvery: Int, _ zipf: Zipf, _ random: inout SplitMix64
    ) -> [UInt32] {
        var objectAtRank = (0..<objects).map { UInt32($0) }
        return (0..<count).map { request in
            if request % swapEvery == swapEvery - 1 {
                let hot = zipf.draw(&random)
                objectAtRank.swapAt(hot, random.below(objects))
            }
            return objectAtRank[zipf.draw(&random)]
        }
    }

    private static func abrupt(_ objects: Int, _ count: Int, _ zipf: Zipf, _ random: inout SplitMix64) -> [UInt32] {
        var out: [UInt32] = []
        for _ in 0..<4 {
            let objectAtRank = random.permutation(objects)
            for _ in 0..<(count / 4) { out.append(objectAtRank[zipf.draw(&random)]) }
        }
        return out
    }

    private static func scan(_ objects: Int, _ count: Int, _ zipf: Zipf, _ random: inout SplitMix64) -> [UInt32] {
        var out: [UInt32] = []
        var fresh = UInt32(objects)
        let zipfShare = Int(Double(objects) * 0.7)
        while out.count < count {
            for _ in 0..<zipfShare { out.append(UInt32(zipf.draw(&random))) }
            for _ in zipfShare..<objects {
                out.append(fresh)
                fresh += 1
            }
        }
        return Array(out.prefix(count))
    }
}
