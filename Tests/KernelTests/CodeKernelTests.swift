import CKernels
import Testing
import Workload

@Suite struct CodeKernelTests {
    private func floats(_ count: Int, _ random: inout SplitMix64) -> [Float] {
        (0..<count).map { _ in random.normal() }
    }

    @Test("nearest codewords and tables have the bits of the scalar twins", arguments: [1, 2, 3, 4, 8, 13, 24])
    func twins(subWidth: Int) throws {
        var random = Seed.generator()
        let scalar = unsafe mv_code_scalar().pointee, best = unsafe mv_code_best().pointee
        for _ in 0..<20 {
            let book = floats(256 * subWidth, &random), norms = floats(256, &random).map { abs($0) }
            let x = floats(subWidth, &random), width = UInt32(subWidth)
            #expect(unsafe scalar.nearest(x, book, norms, width) == best.nearest(x, book, norms, width))
            var tables = [[Float]](repeating: [Float](repeating: 0, count: 256), count: 4)
            unsafe scalar.products(x, book, width, -2, nil, &tables[0])
            unsafe best.products(x, book, width, -2, nil, &tables[1])
            unsafe scalar.products(x, book, width, 2, norms, &tables[2])
            unsafe best.products(x, book, width, 2, norms, &tables[3])
            #expect(tables[0] == tables[1] && tables[2] == tables[3])
            var bytes = [[UInt8]](repeating: [UInt8](repeating: 0, count: 256), count: 2)
            let low = tables[0].min() ?? 0
            for (inverse, levels) in [(40, 255), (1_000, 255), (1e-3, 255), (40, 63)] as [(Float, Float)] {
                unsafe scalar.to_bytes(tables[0], low, inverse, levels, &bytes[0])
                unsafe best.to_bytes(tables[0], low, inverse, levels, &bytes[1])
                #expect(bytes[0] == bytes[1])
                let expected = tables[0].map { UInt8(min(levels, (($0 - low) * inverse).rounded(.down))) }
                #expect(bytes[0] == expected)
            }
        }
    }

    @Test("of equally near codewords and lists the smaller number is taken")
    func ties() {
        let best = unsafe mv_code_best().pointee, scalar = unsafe mv_code_scalar().pointee
        let book = [Float](repeating: 1, count: 256), norms = [Float](repeating: 1, count: 256)
        #expect(unsafe best.nearest([0.5], book, norms, 1) == 0 && scalar.nearest([0.5], book, norms, 1) == 0)
        for isBest in [true, false] {
            let kernels = unsafe isBest ? best : scalar
            var least: [Float] = [.infinity], lists: [UInt32] = [99]
            let zeros = [Float](repeating: 0, count: 100)
            unsafe kernels.take_nearest(zeros, zeros, 1, 0, 50, &least, &lists)
            unsafe kernels.take_nearest(zeros, zeros, 1, 50, 50, &least, &lists)
            #expect(lists == [0])
        }
    }

    @Test("the nearest list of a product table is found in pieces of any width", arguments: [1, 7, 8, 9, 100, 256])
    func takeNearest(n: Int) {
        var random = Seed.generator()
        let squares = floats(3 * n, &random), count = 5
        var least = [[Float]](repeating: [Float](repeating: .infinity, count: count), count: 2)
        var lists = [[UInt32]](repeating: [UInt32](repeating: 0, count: count), count: 2)
        var best = [(Float, Int)](repeating: (.infinity, 0), count: count)
        for piece in 0..<3 {
            let products = floats(count * n, &random)
            unsafe mv_code_scalar().pointee.take_nearest(
                products, squares, count, UInt32(piece * n), UInt32(n), &least[0], &lists[0])
            unsafe mv_ivf_take_nearest(products, squares, count, UInt32(piece * n), UInt32(n), &least[1], &lists[1])
            for i in 0..<count {
                for l in 0..<n {
                    let value = squares[piece * n + l].addingProduct(-2, products[i * n + l])
                    if value < best[i].0 { best[i] = (value, piece * n + l) }
                }
            }
        }
        #expect(lists[0] == lists[1] && least[0] == least[1])
        #expect(lists[0].map { Int($0) } == best.map(\.1))
    }

    @Test("the range and the counts of values are right for every length, NaN in neither")
    func ranges() {
        var random = Seed.generator()
        let kernels = unsafe [mv_code_scalar().pointee, mv_code_best().pointee]
        for n in 0...70 {
            var values = floats(n, &random)
            if n > 9 { values[n / 2] = .nan }
            let numbers = values.filter { !$0.isNaN }
            for at in 0..<2 {
                let kernel = unsafe kernels[at]
                var low: Float = 0, high: Float = 0
                unsafe kernel.range(values, n, &low, &high)
                #expect(low == numbers.min() ?? .infinity && high == numbers.max() ?? -.infinity)
                for mark in [-1, 0, 0.5] as [Float] {
                    #expect(unsafe kernel.count_up_to(values, n, mark) == numbers.count { $0 <= mark })
                }
            }
        }
    }
}

@Suite struct SelectionTests {
    @Test("a key sorts as its value and then its number do, and gives both back")
    func keys() {
        let values: [Float] = [-.greatestFiniteMagnitude, -2, -1e-30, -0.0, 0, 1e-30, 1, 3e38]
        let keys = values.flatMap { value in [3, 7].map { mv_key(value, $0) } }
        #expect(keys[6...9].sorted() == [keys[6], keys[8], keys[7], keys[9]], "-0 is 0")
        #expect(Array(keys[..<6]) == keys[..<6].sorted() && Array(keys[10...]) == keys[10...].sorted())
        for (value, key) in zip(values.flatMap { [$0, $0] }, keys) { #expect(mv_key_value(key) == value) }
        #expect(mv_key_number(mv_key(-5, 4_000_000_000)) == 4_000_000_000)
        for far in [Float.nan, .infinity, -.nan] { #expect(mv_key_value(mv_key(far, 1)) == .greatestFiniteMagnitude) }
    }

    @Test("selection and sorting agree with the standard library, many equal values included")
    func selection() {
        var random = Seed.generator()
        for n in Array(0...40) + [100, 1_000] {
            for range in [2, 1_000_000] {
                let values = (0..<n).map { _ in Float(random.below(range)) - Float(range / 2) }
                let keys = values.enumerated().map { mv_key($0.element, UInt32($0.offset)) }
                let expected = keys.sorted()
                var sorted = keys
                unsafe mv_keys_sort(&sorted, n)
                #expect(sorted == expected)
                for k in Set([0, 1, n / 3, n / 2, n]) where k <= n {
                    var selected = keys
                    unsafe mv_keys_select(&selected, n, k)
                    #expect(selected.prefix(k).sorted() == Array(expected.prefix(k)))
                    var least = [UInt64](repeating: 0, count: n)
                    unsafe mv_keys_of_least(values, n, k, &least)
                    #expect(least.prefix(k) == expected.prefix(k), "n \(n), k \(k)")
                }
            }
        }
    }

    @Test("values that are no numbers come last and are not lost")
    func notANumber() {
        let values: [Float] = [.nan, 3, .infinity, 1, .nan, 2]
        var keys = [UInt64](repeating: 0, count: 6)
        unsafe mv_keys_of_least(values, 6, 6, &keys)
        #expect(keys.prefix(3).map { mv_key_number($0) } == [3, 5, 1])
        #expect(Set(keys.map { mv_key_number($0) }) == Set(0..<6))
    }
}
