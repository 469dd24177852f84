import CKernels
import Testing
import Workload

/// The filters that a processor may have.
private enum Kernel: CaseIterable {
    case scalar, avx2, vbmi, best

    /// Nil where this processor does not have it.
    var function: mv_filter_blocks? {
        switch self {
        case .scalar: unsafe mv_filter_scalar()
        case .avx2: unsafe mv_filter_avx2()
        case .vbmi: unsafe mv_filter_vbmi()
        case .best: unsafe mv_filter_best()
        }
    }
}

/// What a filter works on: blocks of codes, their terms, a table of bytes.
private struct ScanInput {
    let m: Int
    let table: [UInt8]
    let codes: [UInt8]
    let terms: [Float]

    init(m: Int, blocks: Int, largest: UInt8, _ random: inout SplitMix64) {
        self.m = m
        table = (0..<m * 256).map { _ in UInt8(random.below(Int(largest) + 1)) }
        codes = (0..<m * 32 * blocks).map { _ in UInt8(random.below(256)) }
        terms = (0..<32 * blocks).map { _ in random.normal() * 100 }
    }

    /// Nil for a kernel that this processor does not have.
    func masks(_ kernel: Kernel, step: Float, limit: Float) -> [UInt32]? {
        guard let function = unsafe kernel.function else { return nil }
        var out = [UInt32](repeating: 0x5a5a, count: 4)
        unsafe table.withUnsafeBufferPointer { table in
            var filter = unsafe mv_filter(m: UInt32(m), table: table.baseAddress, step: step, limit: limit)
            unsafe function(&filter, codes, terms, UInt32(terms.count / 32), codes, &out)
        }
        return Array(out.prefix(terms.count / 32))
    }

    /// Sums of bytes and terms, row by row.
    func bounds(step: Float) -> [Float] {
        terms.indices.map { row in
            let at = row / 32 * m * 32 + row % 32
            let sum = (0..<m).reduce(0) { $0 + Int(table[$1 * 256 + Int(codes[at + $1 * 32])]) }
            return terms[row].addingProduct(step, Float(sum))
        }
    }
}

@Suite struct ScanTests {
    @Test(
        "each processor's filter lets pass the rows that the scalar twin lets pass",
        arguments: [1, 2, 3, 7, 8, 16, 31, 64, 96, 257])
    func twins(m: Int) throws {
        var random = Seed.generator()
        for blocks in 1...4 {
            for largest in [0, 1, 127, 255] as [UInt8] {
                let input = ScanInput(m: m, blocks: blocks, largest: largest, &random)
                let bounds = input.bounds(step: 0.7).sorted()
                for limit in [bounds[0], bounds[bounds.count / 2], bounds[bounds.count - 1], -.infinity, .infinity] {
                    let expected = try #require(input.masks(.scalar, step: 0.7, limit: limit))
                    let passing = expected.reduce(0) { $0 + $1.nonzeroBitCount }
                    #expect(passing == bounds.count { $0 <= limit }, "m \(m), limit \(limit)")
                    for other in [.avx2, .vbmi, .best] as [Kernel] {
                        let masks = input.masks(other, step: 0.7, limit: limit)
                        #expect(masks == nil || masks == expected, "\(other), m \(m), \(blocks) blocks")
                    }
                }
            }
        }
    }

    @Test("a limit or a term that is no number lets its rows pass")
    func notANumber() throws {
        var random = Seed.generator()
        let input = ScanInput(m: 8, blocks: 4, largest: 255, &random)
        for kernel in [.scalar, .best] as [Kernel] {
            #expect(input.masks(kernel, step: 1, limit: .nan) == [.max, .max, .max, .max])
        }
    }

    @Test("list entries come back as they were put, also after a copy into a larger list", arguments: [1, 5, 8, 64])
    func lists(m: Int) throws {
        var random = Seed.generator()
        let small = unsafe try #require(unsafe mv_list_create(40, UInt32(m)))
        let large = unsafe try #require(unsafe mv_list_create(41 + 64, UInt32(m)))
        defer {
            unsafe mv_list_destroy(small)
            unsafe mv_list_destroy(large)
        }
        #expect(unsafe small.pointee.capacity == 64 && mv_list_bytes(40, UInt32(m)) == mv_list_bytes(64, UInt32(m)))
        let codes = (0..<50).map { _ in (0..<m).map { _ in UInt8(random.below(256)) } }
        for (i, code) in codes.enumerated() {
            unsafe mv_list_append(small, UInt32(1_000 + i), Float(i) / 3, UInt8(i), code)
        }
        unsafe mv_list_copy(large, small)
        unsafe mv_list_append_entry(large, small, 7, 9_999)
        for count in [50, 51] {
            let list = unsafe count == 50 ? small : large
            #expect(unsafe mv_list_count(list) == UInt32(count))
            for i in 0..<count {
                var code = [UInt8](repeating: 0, count: m)
                unsafe mv_list_code(list, UInt32(i), &code)
                let source = i == 50 ? 7 : i
                #expect(code == codes[source])
                #expect(unsafe mv_list_rows(list)[i] == (i == 50 ? 9_999 : UInt32(1_000 + i)))
                #expect(unsafe mv_list_terms(list)[i] == Float(source) / 3 && mv_list_errors(list)[i] == UInt8(source))
            }
        }
    }
}
