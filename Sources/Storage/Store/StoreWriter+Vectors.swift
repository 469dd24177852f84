internal import Vectors

// Rows come in order, so the vectors of a transaction are the next rows' of the collection: some complete the block
// that was begun, some fill blocks of their own, the rest goes to the tail.
extension StoreWriter {
    /// Keeps the vector of the row that was given last, until ``storeVectors()``.
    func hold(_ put: Put) {
        guard store.shape.holdsVectors else { return }
        precondition(put.values.count == store.shape.dimension, "\(put.values.count) values")
        changes.vectors.append(contentsOf: put.values)
    }

    /// Writes each block that this transaction completes, and the rest of its rows to the tail.
    func storeVectors() throws {
        let size = store.layout.rowsPerBlock
        let first = Int(changes.firstRow), end = Int(changes.counters.nextRow)
        guard first < end else { return }
        let vectors = changes.vectors
        unsafe try vectors.withUnsafeBufferPointer { vectors in
            var block = first / size
            while (block + 1) * size <= end {
                unsafe try sealBlock(block, vectors, from: first)
                block += 1
            }
            unsafe try storeTail(max(first, block * size)..<end, vectors, from: first)
        }
    }

    /// - Parameter vectors: those of the rows from `first` on.
    private func sealBlock(_ block: Int, _ vectors: UnsafeBufferPointer<Float>, from first: Int) throws {
        let size = store.layout.rowsPerBlock, dimension = store.layout.dimension, start = block * size
        if start >= first {
            let from = (start - first) * dimension
            return unsafe try seal(
                block, UnsafeBufferPointer(rebasing: vectors[from..<from + size * dimension]))
        }
        var values: [Float] = []
        values.reserveCapacity(size * dimension)
        for row in start..<first {
            guard let bytes = unsafe try get(store.tables.tail, UInt32(row)), bytes.count == 4 * dimension else {
                throw StorageError.damaged(path: path, what: "the tail lacks row \(row)")
            }
            unsafe values.append(contentsOf: bytes.bindMemory(to: Float.self))
        }
        unsafe values.append(contentsOf: vectors[..<((start + size - first) * dimension)])
        unsafe try values.withUnsafeBufferPointer { unsafe try seal(block, $0) }
        for row in start..<first { try delete(store.tables.tail, UInt32(row)) }
    }

    private func seal(_ block: Int, _ vectors: UnsafeBufferPointer<Float>) throws {
        let size = store.layout.rowsPerBlock
        let rows = (block * size..<(block + 1) * size).map { UInt32($0) }
        var key = UInt32(block)
        unsafe try withUnsafeBytes(of: &key) { key in
            unsafe try reserve(store.tables.blocks, key, byteCount: store.layout.byteCount, .append) { bytes in
                guard let start = vectors.baseAddress else { return }
                unsafe store.layout.seal(bytes, generation: store.shape.generation, rows: rows, vectors: start)
            }
        }
        changes.newBlocks.append(UInt32(block))
    }

    private func storeTail(_ rows: Range<Int>, _ vectors: UnsafeBufferPointer<Float>, from first: Int) throws {
        let dimension = store.layout.dimension
        for row in rows {
            let at = (row - first) * dimension
            let vector = unsafe UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: vectors[at..<at + dimension]))
            unsafe try put(store.tables.tail, UInt32(row), vector, .append)
        }
    }
}
