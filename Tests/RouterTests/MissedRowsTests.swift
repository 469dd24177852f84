import Testing
import Vectors
import Workload

@testable import Router

/// Of one place in a call of the tests: a row is fetched once its misses have cost twice that.
private let place = 0.01

private func rows(_ numbers: Range<UInt32>) -> [Row] { numbers.map { Row($0) } }

@Test("a row is worth a fetch once its share of what its misses cost is twice its place in a call")
func sharesAddUp() {
    var missed = MissedRows(placeDollars: place)
    // A share of 0.004 a query.
    for number in 1...4 {
        missed.note(rows(0..<10), dollars: 0.04)
        #expect(missed.worthyCount == 0, "after \(number) misses of 0.004")
    }
    missed.note(rows(0..<5), dollars: 0.025)
    #expect(missed.worthyCount == 5)
    let taken = missed.take(3)
    #expect(taken.map(\.row) == rows(0..<3) && taken.map(\.missCount) == [5, 5, 5])
    #expect(missed.worthyCount == 2)
    missed.note(rows(0..<3), dollars: 0.012)
    #expect(missed.worthyCount == 2, "what was taken is counted from 0")
}

@Test("rows that are all that a query missed are worth a fetch at once")
func lastMissingRowsComeAtOnce() {
    var missed = MissedRows(placeDollars: place)
    missed.note(rows(0..<2), dollars: 0.04)
    #expect(missed.worthyCount == 2)
    missed.note(rows(2..<5), dollars: 0.04)
    #expect(missed.worthyCount == 2)
}

@Test("a call leaves when it is full, or when what few rows go on to cost has paid for it twice")
func fewRowsAreDueLater() {
    var missed = MissedRows(placeDollars: place)
    #expect(!missed.isDue(places: 10))
    missed.note(rows(0..<10), dollars: 0.2)
    #expect(missed.isDue(places: 10), "full")
    _ = missed.take(10)
    #expect(!missed.isDue(places: 10))
    missed.note(rows(0..<2), dollars: 0.04)
    for _ in 0..<3 {
        #expect(!missed.isDue(places: 10))
        missed.note(rows(0..<2), dollars: 0.04)
    }
    missed.note(rows(0..<2), dollars: 0.041)
    #expect(missed.isDue(places: 10) && missed.take(10).count == 2)
}

@Test("what is worth a fetch costs at most half of the queries that missed it")
func fillsCostAtMostHalf() {
    var missed = MissedRows(placeDollars: place), random = SplitMix64(seed: 5)
    var spentOnQueries = 0.0, fetched = 0
    for _ in 0..<2_000 {
        let first = UInt32.random(in: 0..<500, using: &random), count = UInt32.random(in: 1...40, using: &random)
        missed.note(rows(first..<first + count), dollars: 0.06)
        spentOnQueries += 0.06
        fetched += missed.take(100).count
        #expect(Double(fetched) * place <= spentOnQueries / 2 + 1e-9)
    }
    #expect(fetched > 500)
}

@Test("with too many rows the half that has cost least is forgotten, also of those worth a fetch")
func cheapHalfIsForgotten() {
    var missed = MissedRows(placeDollars: place, limit: 100)
    missed.note(rows(0..<1), dollars: 0.03)
    missed.note(rows(1..<2), dollars: 0.018)
    missed.note(rows(2..<101), dollars: 0.99)
    // 101 rows: all but the first two had cost 0.01, and 50 of these are forgotten.
    missed.note(rows(1..<2), dollars: 0.003)
    #expect(missed.take(10).map(\.row) == rows(0..<2))
    missed.note(rows(2..<101), dollars: 0.99)
    #expect(missed.worthyCount == 49, "what was forgotten begins again")
}

@Test("of too many rows half is kept, even if their misses have cost the same")
func forgetsHalf() {
    var missed = MissedRows(placeDollars: place, limit: 100)
    missed.note(rows(0..<101), dollars: 1.01)
    missed.note(rows(0..<101), dollars: 1.01)
    #expect(missed.worthyCount == 51)
    #expect(missed.take(100).allSatisfy { $0.missCount == 2 })
}
