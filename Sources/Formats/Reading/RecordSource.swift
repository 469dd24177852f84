internal import Vectors

/// One open file of one format: what ``VectorFileReader`` asks of it.
protocol RecordSource: AnyObject {
    /// Values of each record; nil while no record has been seen.
    var dimension: Int? { get }
    /// Records of the whole file, where that can be known without reading it.
    var recordCount: Int? { get }
    /// Where the next record begins.
    var position: RecordPosition { get }
    /// Whether batches have keys and metadata.
    var hasKeys: Bool { get }

    /// Passes over `count` records without judging them.
    /// - Throws: ``FormatError``, of the kind `noSuchRecord` when there are fewer.
    func skip(_ count: Int) throws(FormatError)

    /// Appends whole records until the batch has `maximum` of them or the file ends.
    /// - Throws: ``FormatError`` for the record after the last that was appended.
    func append(to batch: inout VectorBatch, upTo maximum: Int) throws(FormatError)
}

extension VectorBatch {
    /// Appends `added` records out of `bytes`, which hold them `stride` bytes apart and `kind` values after a head of
    /// `head` bytes. Stops before a record with a value that is not finite.
    ///
    /// - Returns: how many were appended.
    mutating func append(
        _ added: Int, of bytes: UnsafeRawBufferPointer, stride: Int, head: Int, kind: ValueKind
    ) -> Int {
        let old = count * dimension
        let width = dimension, length = width * kind.byteCount
        precondition(added * stride <= bytes.count && head + length <= stride, "\(added) records of \(stride) bytes")
        var good = 0
        values.reserveCapacity(old + added * width)
        // One zero-filling and one copy; both ranges were measured above.
        values.append(contentsOf: repeatElement(0, count: added * width))
        unsafe values.withUnsafeMutableBufferPointer { target in
            while good < added {
                let from = good * stride + head
                let place = unsafe UnsafeMutableBufferPointer(
                    rebasing: target[old + good * width..<old + (good + 1) * width])
                unsafe kind.convert(UnsafeRawBufferPointer(rebasing: bytes[from..<from + length]), to: place)
                if unsafe ValueKind.hasNonFinite(UnsafeBufferPointer(place)) { break }
                good += 1
            }
        }
        values.removeLast((added - good) * width)
        count += good
        position.record += good
        position.byteOffset += good * stride
        return good
    }

    /// The first value that is not finite, for the error.
    static func notFinite(_ values: some Sequence<Float>) -> FormatError.Problem? {
        for (position, value) in values.enumerated() where !value.isFinite {
            return .notFinite(position: position, value: value.isNaN ? "NaN" : "\(value)")
        }
        return nil
    }
}
