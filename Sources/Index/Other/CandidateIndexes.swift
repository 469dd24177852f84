internal import Synchronization
public import Vectors

/// Kinds of index that a program brings along, by the names that the setting `index` takes.
///
/// A collection with such an index needs a program that registers it: others scan, and say why.
public enum CandidateIndexes {
    /// Makes an empty index. It is not given a sample to train on.
    public typealias Maker =
        @Sendable (_ dimension: Int, _ training: UInt32) throws(IndexError) -> any CandidateIndex

    private static let makers = Mutex<[String: Maker]>([:])

    /// Registers a kind, once and before a collection with it is opened. The last of a name counts.
    ///
    /// - Parameter name: of small letters, digits and hyphens, a letter first: no name of a built-in kind is such.
    public static func register(_ name: String, _ make: @escaping Maker) {
        precondition(isName(name), "\"\(name)\" is no name of small letters, digits and hyphens")
        makers.withLock { $0[name] = make }
    }

    static func maker(of name: String) -> Maker? { makers.withLock { $0[name] } }

    static func make(_ name: String, dimension: Int, training: UInt32) throws(IndexError) -> any CandidateIndex {
        guard let maker = maker(of: name) else {
            throw .factory(name, why: "this program registers no index of that name")
        }
        return try maker(dimension, training)
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first), name != "auto", name.utf8.count <= 64 else {
            return false
        }
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}

extension CandidateIndex {
    public func rowsHeld() throws(IndexError) -> RowSet {
        var held = RowSet()
        forEachRow { row, _ in held.insert(row) }
        return held
    }
}
