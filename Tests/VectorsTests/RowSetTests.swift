import Testing
import Vectors

@Test("a row set holds what was inserted, in order, and set algebra agrees with Set")
func rowSetAlgebra() {
    let a: Set<UInt32> = [0, 1, 63, 64, 65, 1000], b: Set<UInt32> = [1, 64, 5000]
    let sa = RowSet(a.map(Row.init)), sb = RowSet(b.map(Row.init))
    #expect(sa.rows.map(\.number) == a.sorted())
    var union = sa, both = sa, less = sa
    union.formUnion(sb)
    both.formIntersection(sb)
    less.subtract(sb)
    #expect(union.rows.map(\.number) == a.union(b).sorted())
    #expect(both.rows.map(\.number) == a.intersection(b).sorted())
    #expect(less.rows.map(\.number) == a.subtracting(b).sorted())
    #expect(union.count == 7 && !union.isEmpty && !sa.contains(Row(2)) && sa.contains(Row(1000)))
}
