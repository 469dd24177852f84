extension PackageTemplate {
    /// A byte a value.
    static let index = PackageTemplate(
        products: ["MemVec", "MemVecParts"],
        source: """
            import Index
            import Storage
            import Synchronization
            import Vectors

            /// An example of an index: each vector with a byte a value, all of which a query looks through. Put your
            /// own in its place.
            ///
            /// One writer adds; searches run meanwhile, in any number. Vectors come prepared: of length 1 under cosine,
            /// and with zeros behind them up to a multiple of 8 values.
            public final class <#Name#>: CandidateIndex {
                /// Call this before a collection is opened that has it. `index` is set to this name.
                public static func register() {
                    CandidateIndexes.register("<#name#>") { (dimension: Int, training: UInt32) throws(IndexError) in
                        <#Name#>(dimension: dimension, training: training)
                    }
                }

                /// What a search keeps while a writer goes on.
                private struct Contents: Sendable {
                    var rows: [Row] = []
                    var codes: RowCodes
                }

                public let training: UInt32
                private let dimension: Int
                /// Values of a prepared vector.
                private let width: Int
                private let state: Mutex<Contents>

                public init(dimension: Int, training: UInt32) {
                    self.dimension = dimension
                    self.training = training
                    width = (dimension + 7) / 8 * 8
                    // A code: the scale, then a byte a value.
                    state = Mutex(Contents(codes: RowCodes(training: training, codeBytes: 4 + (dimension + 7) / 8 * 8)))
                }

                private var contents: Contents { state.withLock { $0 } }

                public var factory: String { "<#name#>" }
                /// Of one list, `nprobe` says nothing.
                public var listCount: Int { 1 }
                public var rowCount: Int { contents.rows.count }
                public var byteCount: Int { contents.codes.codes.capacity + 4 * contents.rows.capacity }

                /// Codes go into the journal of the collection, too: they must be all that ``add(_:_:)`` needs.
                public func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes {
                    var codes = RowCodes(training: training, codeBytes: 4 + width)
                    for start in stride(from: 0, to: prepared.count, by: width) {
                        let vector = prepared[start..<start + width]
                        let scale = max(vector.reduce(0) { max($0, abs($1)) }, .leastNormalMagnitude) / 127
                        var error: Float = 0
                        codes.codes += (0..<4).map { UInt8(truncatingIfNeeded: scale.bitPattern >> (8 * $0)) }
                        for value in vector {
                            let code = Int8(max(-127, min(127, (value / scale).rounded())))
                            codes.codes.append(UInt8(bitPattern: code))
                            error += (value - Float(code) * scale) * (value - Float(code) * scale)
                        }
                        codes.lists.append(0)
                        // What the code lost decides how far a row is trusted that is not at hand.
                        codes.errors.append(ErrorByte.encode(error))
                    }
                    return codes
                }

                public func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError) {
                    guard codes.training == training, codes.codeBytes == 4 + width, codes.count == rows.count,
                        codes.codes.count == rows.count * codes.codeBytes
                    else { throw .foreignCodes(why: "\\(codes.count) codes of \\(codes.codeBytes) bytes") }
                    state.withLock { state in
                        state.rows += rows
                        state.codes.lists += codes.lists
                        state.codes.errors += codes.errors
                        state.codes.codes += codes.codes
                    }
                }

                /// The nearest first; rows that are dead, or not `among` those that are wanted, are left out.
                public func candidates(
                    for prepared: [Float], count: Int, nprobe: Int, among: RowSet?, live: LiveRows
                ) throws(IndexError) -> [Candidate] {
                    let contents = contents
                    var found: [Candidate] = []
                    for (at, row) in contents.rows.enumerated()
                    where live.contains(row) && among?.contains(row) ?? true {
                        found.append(Candidate(row: row, estimate: distance(prepared, contents.codes.codes, at)))
                    }
                    found.sort { ($0.estimate, $0.row) < ($1.estimate, $1.row) }
                    return Array(found.prefix(count))
                }

                /// Squared, to what the code stands for.
                private func distance(_ vector: [Float], _ codes: [UInt8], _ at: Int) -> Float {
                    let start = at * (4 + width)
                    let bits = (0..<4).reduce(0 as UInt32) { $0 | UInt32(codes[start + $1]) << (8 * UInt32($1)) }
                    let scale = Float(bitPattern: bits)
                    var sum: Float = 0
                    for i in 0..<width {
                        let difference = vector[i] - Float(Int8(bitPattern: codes[start + 4 + i])) * scale
                        sum += difference * difference
                    }
                    return sum
                }

                public func forEachRow(_ body: (Row, UInt8) -> Void) {
                    let contents = contents
                    for (row, error) in zip(contents.rows, contents.codes.errors) { body(row, error) }
                }

                /// Gives back what the dead rows take, where these are more than a quarter.
                public func sweep(_ live: LiveRows, below bound: Row) throws(IndexError) -> Int {
                    state.withLock { state in
                        let kept = state.rows.indices.filter {
                            state.rows[$0] >= bound || live.contains(state.rows[$0])
                        }
                        let sweptCount = state.rows.count - kept.count
                        guard sweptCount * 4 > state.rows.count else { return 0 }
                        state = Self.selected(kept, of: state)
                        return sweptCount
                    }
                }

                public func renumbered(_ newRow: (Row) -> Row?) throws(IndexError) -> any CandidateIndex {
                    let contents = contents
                    let kept = contents.rows.indices.filter { newRow(contents.rows[$0]) != nil }
                    var other = Self.selected(kept, of: contents)
                    other.rows = other.rows.compactMap(newRow)
                    let index = <#Name#>(dimension: dimension, training: training)
                    try index.add(other.rows, other.codes)
                    return index
                }

                /// From this the index is filled when the collection is opened.
                public func write(to path: String, live: LiveRows) throws(IndexError) -> SnapshotInfo {
                    let all = contents
                    let kept = Self.selected(all.rows.indices.filter { live.contains(all.rows[$0]) }, of: all)
                    return try CodeSnapshot.write(
                        to: path, name: factory, dimension: dimension, rows: kept.rows, codes: kept.codes)
                }

                private static func selected(_ positions: [Int], of contents: Contents) -> Contents {
                    Contents(rows: positions.map { contents.rows[$0] }, codes: contents.codes.selecting(positions))
                }
            }
            """,
        test: """
            import Foundation
            import MemVec
            import Testing
            import <#Name#>

            @Test("a collection is searched by it, also when it was opened again, as an exact scan would")
            func collection() async throws {
                <#Name#>.register()
                let folder = FileManager.default.temporaryDirectory.path + "/<#name#>-\\(UUID().uuidString)"
                defer { try? FileManager.default.removeItem(atPath: folder) }
                var settings = try CollectionSettings()
                try settings.set("index", to: "<#name#>")
                var vectors = try await VectorCollection.create(
                    at: folder, CollectionConfiguration(dimension: 10, settings: settings))
                func vector(_ number: Int) -> [Float] { (0..<10).map { Float(sin(Double((number + 1) * ($0 + 1)))) } }
                try await vectors.put((0..<1000).map { try VectorRecord(key: "k\\($0)", values: vector($0)) })
                let report = try await vectors.train()
                #expect(report.factory == "<#name#>")
                // Behind the snapshot: these come from the journal.
                try await vectors.put((1000..<1100).map { try VectorRecord(key: "k\\($0)", values: vector($0)) })
                try await vectors.delete(keys: ["k7"])
                var exact = QueryOptions()
                exact.isExact = true
                for _ in 0..<2 {
                    for number in stride(from: 5, to: 1100, by: 109) {
                        let wanted = try await vectors.query(vector(number), k: 10, options: exact).hits.map(\\.key)
                        let found = try await vectors.query(vector(number), k: 10).hits.map(\\.key)
                        #expect(found == wanted)
                    }
                    try await vectors.close()
                    vectors = try await VectorCollection.open(at: folder)
                    #expect(vectors.openingNotes == [])
                }
                try await vectors.close()
            }
            """)
}
