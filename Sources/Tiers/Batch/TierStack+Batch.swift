internal import CKernels
public import Storage
internal import Vectors

extension TierStack {
    /// `words` of keys that were found, so ordered that each block is read once; where a row's place is its number they
    /// are so already.
    public func inOrderOfPlaces(_ words: [UInt64], of wanted: WantedKeys) -> [UInt64] {
        guard let blocks, !blocks.placesAreRows else { return words }
        var placed = words.map { word in
            let place = residency.place(of: wanted.row(of: word)) ?? .max
            return UInt64(place) << 32 | UInt64(UInt32(truncatingIfNeeded: word))
        }
        WantedKeys.sort(&placed)
        return placed
    }

    /// Scores the candidates whose vectors are at hand, for all lines that name them. Fills nothing and counts nothing.
    ///
    /// - Parameters:
    ///   - words: a slice of ``inOrderOfPlaces(_:of:)``.
    ///   - ahead: the slice that comes next: its blocks are asked for while this one is scored, so that a disk brings
    ///     them in large reads.
    /// - Returns: the words of keys whose vectors are not at hand.
    /// - Throws: ``StorageError`` when the store of a local collection cannot be read. A warm tier that cannot be read
    ///   counts as empty.
    public func score(
        _ words: ArraySlice<UInt64>, of wanted: WantedKeys, ahead: ArraySlice<UInt64> = []
    ) throws -> [UInt64] {
        var missing: [UInt64] = []
        if let blocks {
            do {
                try blocks.reading { table in missing = run(words, wanted, table, ahead) }
            } catch {
                if warm == nil { throw error }
                missing = run(words, wanted, nil, [])
            }
            if blocks.placesAreRows {
                missing.removeAll { word in
                    blocks.withLooseVector(of: wanted.row(of: word)) { wanted.give(word, $0) }
                }
            }
        } else {
            missing = run(words, wanted, nil, [])
        }
        return missing
    }

    private func run(
        _ words: ArraySlice<UInt64>, _ wanted: WantedKeys, _ table: BlockTable?, _ ahead: ArraySlice<UInt64>
    ) -> [UInt64] {
        unsafe withKernelTiers(table) { tiers in
            unsafe wanted.withKernelView { queries, entries, distances, rows in
                unsafe ahead.withUnsafeBufferPointer {
                    _ = unsafe mv_mentions_ahead(tiers, settings.ram.dimension, entries, $0.baseAddress, $0.count)
                }
                return unsafe words.withUnsafeBufferPointer { words in
                    unsafe [UInt64](unsafeUninitializedCapacity: words.count) { missing, count in
                        count = unsafe mv_mentions_score(
                            tiers, queries, entries, words.baseAddress, words.count, distances, rows,
                            missing.baseAddress)
                    }
                }
            }
        }
    }
}
