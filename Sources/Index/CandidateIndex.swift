public import Storage
public import Vectors

/// What proposes rows for a query: ``IVFPQIndex``, ``FlatIndex``, ``GraphIndex`` (``IndexForm``), or what a program
/// registers (``CandidateIndexes``).
///
/// One writer adds; searches may run meanwhile, in any number.
public protocol CandidateIndex: AnyObject, Sendable {
    /// As FAISS's index factory spells it.
    var factory: String { get }
    /// Which training its codes belong to; never 0.
    var training: UInt32 { get }
    /// Lists there are: the most that a search can look into.
    var listCount: Int { get }
    var rowCount: Int { get }
    /// Bytes as allocated.
    var byteCount: Int { get }

    func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes
    func add(_ rows: [Row], _ codes: RowCodes) throws(IndexError)
    func candidates(
        for prepared: [Float], count: Int, nprobe: Int, among: RowSet?, live: LiveRows
    ) throws(IndexError) -> [Candidate]
    /// The rows in it, dead ones included.
    func rowsHeld() throws(IndexError) -> RowSet
    /// Calls `body` with each row in it and the error byte of its code (``ErrorByte``).
    func forEachRow(_ body: (Row, UInt8) -> Void)
    /// Gives back the memory of dead rows where that is worth it. Gives how many rows went.
    ///
    /// - Parameter bound: rows from it on stay whatever `live` says: they may be in the index and not seen live yet.
    func sweep(_ live: LiveRows, below bound: Row) throws(IndexError) -> Int
    /// A copy under other row numbers, for compaction: `newRow` gives a row's number in the new generation, or nil for
    /// a row that is not taken along.
    func renumbered(_ newRow: (Row) -> Row?) throws(IndexError) -> any CandidateIndex
    /// Writes the rows that are live to `path`, durable when it returns. FAISS opens what the built-in kinds write;
    /// registered ones write a ``CodeSnapshot``.
    @discardableResult
    func write(to path: String, live: LiveRows) throws(IndexError) -> SnapshotInfo
}

extension IVFPQIndex: CandidateIndex {}
