public import Storage
public import Vectors

/// What proposes rows for a query. `IVFPQIndex` is the one there is; the layout behind the protocol may change.
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
    func sweep(_ live: LiveRows) throws(IndexError) -> Int
    /// Writes the index to `path`, durable when it returns; FAISS opens it.
    func write(to path: String, live: LiveRows) throws(IndexError)
}

extension IVFPQIndex: CandidateIndex {
    public var listCount: Int { quantizer.settings.listCount }

    public func encode(_ prepared: [Float], threadCount: Int) throws(IndexError) -> RowCodes {
        try quantizer.encode(prepared, threadCount: threadCount)
    }
}
