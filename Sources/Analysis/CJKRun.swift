/// Han, Kana or Hangul characters side by side, of which the last two are held: a mark may still change the last.
///
/// A run becomes its pairs, each character in two of them, and a run of one that character: what Lucene's CJKAnalyzer
/// makes of it. A text gets its characters besides, as its CJKBigramFilter can be told to.
struct CJKRun {
    struct Character {
        var value: UInt32
        var range: Range<Int>
    }

    private(set) var before: Character?
    private(set) var last: Character?

    var isEmpty: Bool { last == nil }

    /// Whether `value`, up to `end`, became a part of the last character.
    mutating func absorbs(_ value: UInt32, to end: Int) -> Bool {
        guard let held = last, let one = Folding.syllable(held.value, value) ?? Folding.composed(held.value, value)
        else { return false }
        last = Character(value: one, range: held.range.lowerBound..<end)
        return true
    }

    /// Takes one more character; gives the pair that is final by it.
    mutating func add(_ value: UInt32, _ range: Range<Int>) -> (Character, Character)? {
        let pair = before.flatMap { first in last.map { (first, $0) } }
        before = last
        last = Character(value: value, range: range)
        return pair
    }

    /// Ends the run; gives its last pair, or its only character.
    mutating func end() -> (Character, Character?)? {
        defer { (before, last) = (nil, nil) }
        if let before { return (before, last) }
        return last.map { ($0, nil) }
    }
}
