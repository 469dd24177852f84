internal import CKernels
internal import Vectors

extension StoreReader {
    /// Looks up the keys of one part of `wanted`, in the order of their hashes: one pass of a cursor.
    ///
    /// - Returns: a word a key that may be there: the row above, the number of its first entry below. What is not there
    ///   is marked. Two keys may share a hash, so the words must be checked (``confirm(_:of:)``).
    public func resolve(part: Int, of wanted: WantedKeys) throws -> [UInt64] {
        let kinds = wanted.sort(part: part), partStart = wanted.partStarts[part]
        let end = wanted.partStarts[part + 1]
        var words: [UInt64] = []
        var first = partStart
        try withCursor(store.tables.keys) { cursor in
            var place: Cursor.Entry?
            while first < end {
                var runEnd = first + 1, isOneKey = true
                while runEnd < end, kinds[runEnd - partStart] != UInt8(MV_OTHER_HASH) {
                    isOneKey = isOneKey && kinds[runEnd - partStart] == UInt8(MV_SAME_KEY)
                    runEnd += 1
                }
                let hash = wanted.hash(of: first)
                unsafe place = try Self.advance(cursor, unsafe place, to: hash)
                defer { first = runEnd }
                guard let found = unsafe place, unsafe hash.isKey(found.key) else {
                    wanted.markAbsent(first, runEnd - first)
                    if unsafe place == nil { return try markRest(of: wanted, from: runEnd, to: end) }
                    continue
                }
                if unsafe found.value.count == 4 && isOneKey {
                    let row = unsafe found.value.loadUnaligned(as: UInt32.self).littleEndian
                    words.append(wanted.found(row, first, runEnd - first))
                } else {
                    words += try sharing(hash, first..<runEnd, wanted)
                }
            }
        }
        return words
    }

    /// Those of `words`, sorted by row, whose rows have the keys that they were found by, or that lead to other rows by
    /// now, no longer in order then; the others are marked.
    public func confirm(_ words: ArraySlice<UInt64>, of wanted: WantedKeys) throws -> [UInt64] {
        var out: [UInt64] = []
        out.reserveCapacity(words.count)
        try withCursor(store.tables.rows) { cursor in
            var place: Cursor.Entry?
            for word in words {
                let row = wanted.row(of: word)
                unsafe place = try Self.advance(cursor, unsafe place, to: row)
                let candidate = unsafe Int(wanted.entries[Int(UInt32(truncatingIfNeeded: word))].candidate)
                if let found = unsafe place, unsafe found.key.loadUnaligned(as: UInt32.self) == row.number,
                    unsafe try wanted.isKey(of: candidate, RowRecord.keyBytes(found.value, path: path))
                {
                    out.append(word)
                } else if let row = try currentRow(of: candidate, wanted) {
                    // Overwritten since it was looked up.
                    out.append(wanted.moved(word, to: row))
                } else {
                    wanted.markAbsent(word)
                }
            }
        }
        return out
    }

    private func currentRow(of candidate: Int, _ wanted: WantedKeys) throws -> Row? {
        let text = unsafe wanted.withKey(of: candidate) { unsafe String(decoding: $0, as: UTF8.self) }
        return try findRow(try VectorKey(text))
    }

    private func markRest(of wanted: WantedKeys, from first: Int, to end: Int) throws {
        var first = first
        while first < end {
            let runEnd = wanted.runEnd(from: first, below: end)
            wanted.markAbsent(first, runEnd - first)
            first = runEnd
        }
    }

    /// Keys that share a hash, or may: each by itself.
    private func sharing(_ hash: WantedHash, _ range: Range<Int>, _ wanted: WantedKeys) throws -> [UInt64] {
        wanted.bringKeysTogether(range)
        var words: [UInt64] = [], first = range.lowerBound
        while first < range.upperBound {
            var end = first + 1
            while end < range.upperBound, wanted.haveSameKey(first, end) { end += 1 }
            if let row = try currentRow(of: unsafe Int(wanted.entries[first].candidate), wanted) {
                words.append(wanted.found(row.number, first, end - first))
            } else {
                wanted.markAbsent(first, end - first)
            }
            first = end
        }
        return words
    }

    /// How many steps to the next are cheaper than a way down from the root.
    private static var stepLimit: Int { 12 }

    private static func advance(
        _ cursor: Cursor, _ place: Cursor.Entry?, to hash: WantedHash
    ) throws -> Cursor.Entry? {
        var place = unsafe place
        for _ in 0..<stepLimit {
            guard let at = unsafe place else { break }
            guard unsafe hash.isBehind(at.key) else { return unsafe at }
            unsafe place = try cursor.move(.next)
            if unsafe place == nil { return nil }
        }
        return unsafe try hash.withBytes { unsafe try cursor.move(.from, $0) }
    }

    private static func advance(_ cursor: Cursor, _ place: Cursor.Entry?, to row: Row) throws -> Cursor.Entry? {
        var place = unsafe place
        for _ in 0..<stepLimit {
            guard let at = unsafe place else { break }
            guard unsafe at.key.loadUnaligned(as: UInt32.self) < row.number else { return unsafe at }
            unsafe place = try cursor.move(.next)
        }
        var key = row.number
        return unsafe try withUnsafeBytes(of: &key) { unsafe try cursor.move(.from, $0) }
    }
}

/// The hash of a wanted key, as the table `keys` is keyed.
struct WantedHash {
    let high: UInt64
    let low: UInt64

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let words = (high.bigEndian, low.bigEndian)
        return unsafe try withUnsafeBytes(of: words) { unsafe try body($0) }
    }

    private static func words(_ key: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        guard key.count >= 16 else { return (0, 0) }
        return unsafe (
            key.loadUnaligned(as: UInt64.self).bigEndian,
            key.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
        )
    }

    func isKey(_ key: UnsafeRawBufferPointer) -> Bool { unsafe Self.words(key) == (high, low) }
    /// Whether `key` comes before this.
    func isBehind(_ key: UnsafeRawBufferPointer) -> Bool { unsafe Self.words(key) < (high, low) }
}

extension WantedKeys {
    func hash(of entry: Int) -> WantedHash { unsafe WantedHash(high: entries[entry].high, low: entries[entry].low) }

    /// Where the entries end that have the hash of `first`.
    func runEnd(from first: Int, below end: Int) -> Int {
        var at = first + 1
        while at < end, unsafe entries[at].high == entries[first].high, unsafe entries[at].low == entries[first].low {
            at += 1
        }
        return at
    }

    /// Orders entries of one hash by key; those of one key stay in their order.
    func bringKeysTogether(_ range: Range<Int>) {
        let sorted = range.map { at in
            let entry = unsafe entries[at]
            return unsafe (withKey(of: Int(entry.candidate)) { unsafe Array($0) }, entry)
        }.sorted {
            $0.0 == $1.0 ? $0.1.candidate < $1.1.candidate : $0.0.lexicographicallyPrecedes($1.0)
        }
        for (at, (_, entry)) in zip(range, sorted) { unsafe entries[at] = entry }
    }

    /// The word of a key that was found and has another row now.
    func moved(_ word: UInt64, to row: Row) -> UInt64 {
        let first = Int(UInt32(truncatingIfNeeded: word))
        return found(row.number, first, unsafe Int(entries[first].low))
    }

    /// Notes the row of a key and how many entries it has; gives its word.
    func found(_ row: UInt32, _ first: Int, _ count: Int) -> UInt64 {
        unsafe entries[first].high = UInt64(row)
        unsafe entries[first].low = UInt64(count)
        return UInt64(row) << 32 | UInt64(UInt32(first))
    }
}
