internal import S3Vectors
public import Vectors

/// A document's name within a collection: the source's label, a slash, and the document's id within the source.
///
/// Its chunks have the keys `ID#0`, `ID#1` and so on, so that a document is found by its name alone.
public struct DocumentID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// A name that a chunk could not carry is cut, and gets what the whole amounts to behind it.
    ///
    /// - Throws: ``InputError/emptyKey``.
    public init(_ name: String) throws(InputError) {
        guard !name.isEmpty else { throw .emptyKey }
        let whole = name.cut(toJSONBytes: ChunkField.documentLimit)
        if whole.utf8.elementsEqual(name.utf8) {
            text = name
        } else {
            let digest = Digest.hexadecimal(Digest.sha256(Array(name.utf8))).prefix(32)
            text = name.cut(toJSONBytes: ChunkField.documentLimit - 40) + "~" + digest
        }
    }

    public var description: String { text }

    /// - Throws: ``InputError/keyTooLong(byteCount:)``; not for a number that an `Int32` holds.
    func key(ofChunk number: Int) throws(InputError) -> VectorKey { try VectorKey("\(text)#\(number)") }

    /// The place of the chunk that has this key; nil if it is none of this document's.
    func number(of key: VectorKey) -> Int? {
        // By bytes: strings that Unicode holds to be equivalent name two documents.
        guard key.text.utf8.starts(with: (text + "#").utf8) else { return nil }
        return Int(String(decoding: key.text.utf8.dropFirst(text.utf8.count + 1), as: UTF8.self))
    }

    /// Its chunks.
    var filter: Filter { .field(ChunkField.document, [.equal(.string(text))]) }

    /// Its chunks from a place on.
    func filter(from number: Int) -> Filter {
        .and([filter, .field(ChunkField.chunk, [.greaterOrEqual(Double(number))])])
    }
}
