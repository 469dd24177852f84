internal import Vectors

/// The vectors of one file with the keys and metadata of another: line n belongs to vector n.
///
/// Ends with an error when one of the two ends before the other.
final class KeyedSource: RecordSource {
    private let vectors: any RecordSource
    private let keys: JSONLinesSource

    init(_ vectors: any RecordSource, keys: JSONLinesSource) {
        self.vectors = vectors
        self.keys = keys
    }

    var dimension: Int? { vectors.dimension }
    var recordCount: Int? { vectors.recordCount }
    var position: RecordPosition { vectors.position }
    let hasKeys = true

    func skip(_ count: Int) throws(FormatError) {
        try vectors.skip(count)
        try keys.skip(count)
    }

    func append(to batch: inout VectorBatch, upTo maximum: Int) throws(FormatError) {
        let before = batch.count
        var failure: FormatError?
        do throws(FormatError) { try vectors.append(to: &batch, upTo: maximum) } catch { failure = error }
        var named = VectorBatch(dimension: 0, start: keys.position)
        named.keys = []
        named.metadata = []
        let wanted = batch.count - before
        do throws(FormatError) {
            if wanted > 0 {
                try keys.append(to: &named, upTo: wanted)
                if named.count < wanted { throw keys.refused(why: "there is a vector for which there is no line") }
            } else if failure == nil {
                try keys.append(to: &named, upTo: 1)
                if named.count > 0 { throw keys.refused(why: "there is a line for which there is no vector") }
            }
        } catch {
            // Earlier than what is wrong with the vectors, if anything is.
            failure = error
        }
        batch.keep(before + min(wanted, named.count))
        batch.keys?.append(contentsOf: named.keys?.prefix(wanted) ?? [])
        batch.metadata?.append(contentsOf: named.metadata?.prefix(wanted) ?? [])
        if let failure { throw failure }
    }
}

extension VectorBatch {
    /// Lets records go from the end until `count` are left.
    fileprivate mutating func keep(_ count: Int) {
        guard count < self.count else { return }
        let gone = self.count - count
        self.count = count
        values.removeLast(gone * dimension)
        position.record -= gone
    }
}
