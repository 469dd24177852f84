internal import Glibc
internal import Router
internal import Storage
internal import Synchronization
internal import Tiers
internal import Vectors

/// What a batch job has fetched from the cold store, in a temporary file and by row, so that nothing is fetched twice
/// however many parts the input is worked on in. In RAM it takes a bit a row.
final class FetchedVectors: Sendable {
    struct Bill: Sendable {
        var callCount = 0
        var keyCount = 0
        var dollars = 0.0
    }

    /// Calls that are out at once.
    private static let callLimit = 16
    private static let number = Atomic<Int>(0)

    private let engine: Engine
    private let file: RowFile
    private let rows = Mutex(RowSet())

    init(_ engine: Engine) throws {
        self.engine = engine
        let number = Self.number.wrappingAdd(1, ordering: .relaxed).newValue
        file = try RowFile(
            folder: engine.folder, name: "rerank-\(getpid())-\(number).rows", dimension: engine.file.dimension)
    }

    /// The vector of `row` if it was fetched.
    func vector(of row: Row) throws -> [Float]? {
        guard rows.withLock({ $0.contains(row) }) else { return nil }
        var values: [Float] = []
        try file.read(row, into: &values)
        return values
    }

    /// Gives the lines of `words` their distances: what was fetched before from the file, the rest in full calls. What
    /// the cold store has with another vector is as the cold store has it; what it does not have is missing.
    ///
    /// - Throws: ``MemVecError/cold(_:)``.
    func give(_ words: [UInt64], _ wanted: WantedKeys) async throws -> Bill {
        var bill = Bill()
        guard let cold = engine.cold else { return bill }
        var unknown: [UInt64] = []
        for word in words {
            if let values = try vector(of: wanted.row(of: word)) {
                wanted.give(word, values.span)
            } else {
                unknown.append(word)
            }
        }
        let size = max(1, cold.store.limits.keysPerFetch), price = cold.costs?.fetchPrice ?? 0
        let calls = stride(from: 0, to: unknown.count, by: size).map {
            unknown[$0..<min($0 + size, unknown.count)]
        }
        var next = 0
        try await withThrowingTaskGroup(of: Int.self) { group in
            func begin() {
                guard next < calls.count else { return }
                let part = calls[next]
                next += 1
                group.addTask { try await self.fetch(part, wanted, cold) }
            }
            for _ in 0..<Self.callLimit { begin() }
            while let keyCount = try await group.next() {
                bill.callCount += 1
                bill.keyCount += keyCount
                bill.dollars += price
                engine.spending.noteBulk(price)
                begin()
            }
        }
        return bill
    }

    private func fetch(_ words: ArraySlice<UInt64>, _ wanted: WantedKeys, _ cold: ColdSide) async throws -> Int {
        var byKey: [VectorKey: UInt64] = [:]
        for word in words { byKey[try wanted.key(of: word)] = word }
        for vector in try await cold.fetch(Array(byKey.keys), .values) {
            guard let values = vector.values, values.count == engine.file.dimension,
                let word = byKey.removeValue(forKey: vector.key)
            else { continue }
            wanted.give(word, values.span)
            let row = wanted.row(of: word)
            try file.write(row, values)
            rows.withLock { $0.insert(row) }
        }
        for word in byKey.values { wanted.markAbsent(word) }
        return words.count
    }
}
