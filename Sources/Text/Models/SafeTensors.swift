internal import Foundation
internal import S3Vectors
internal import Vectors

/// A file of tensors as Hugging Face's safetensors has it: 8 bytes of length, little-endian, a JSON header of so many
/// bytes that gives each tensor's type, shape and place behind the header, then the values.
///
/// The file is mapped and each tensor is checked to lie within it before anything is read.
// Sendable as its bytes never change; `Data` that is mapped keeps its address while it lives.
struct SafeTensors: @unchecked Sendable {
    struct Tensor {
        let kind: String
        let shape: [Int]
        /// Bytes of the file.
        let range: Range<Int>
    }

    let path: String
    let tensors: [String: Tensor]
    private let bytes: NSData

    private static let widths = ["F32": 4, "F16": 2, "BF16": 2, "I8": 1, "U8": 1, "I32": 4, "I64": 8]

    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``.
    init(path: String, advice: String) throws(EmbedderError) {
        func bad(_ problem: String) -> EmbedderError { .badModel(path: path, problem: problem, advice: advice) }
        guard let bytes = try? NSData(contentsOfFile: path, options: .alwaysMapped) else {
            throw bad("it cannot be read")
        }
        guard bytes.length >= 8 else { throw bad("it is too short") }
        let head = [UInt8](bytes.subdata(with: NSRange(location: 0, length: 8)))
        let length = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.length - 8), length <= 1 << 26 else {
            throw bad("its header is longer than it is")
        }
        let start = 8 + Int(length)
        let header: JSONValue
        do {
            header = try JSONValue(bytes: [UInt8](bytes.subdata(with: NSRange(location: 8, length: Int(length)))))
        } catch { throw bad("its header is not JSON") }
        guard case .object(let members) = header else { throw bad("its header is no object") }
        var tensors: [String: Tensor] = [:]
        for member in members where member.name != "__metadata__" {
            guard let tensor = Self.tensor(member.value, start, bytes.length) else {
                throw bad("the tensor \(member.name) does not lie within it")
            }
            tensors[member.name] = tensor
        }
        self.path = path
        self.tensors = tensors
        self.bytes = bytes
    }

    private static func tensor(_ value: JSONValue, _ start: Int, _ end: Int) -> Tensor? {
        func whole(_ value: JSONValue) -> Int? { if case .integer(let number) = value { Int(number) } else { nil } }
        guard case .string(let kind)? = value["dtype"], case .array(let sizes)? = value["shape"],
            case .array(let offsets)? = value["data_offsets"], let width = widths[kind], offsets.count == 2,
            let first = whole(offsets[0]), let last = whole(offsets[1]), first >= 0, last >= first, last <= end - start
        else { return nil }
        let shape = sizes.compactMap(whole)
        var count = 1
        for size in shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflows else { return nil }
            count = product
        }
        guard shape.count == sizes.count, count <= (last - first) / width, count * width == last - first else {
            return nil
        }
        return Tensor(kind: kind, shape: shape, range: start + first..<start + last)
    }

    /// What all of the file amounts to, in hexadecimal digits.
    var fingerprint: String { Digest.hexadecimal(Digest.sha256([UInt8](bytes))) }

    /// The values of a float32 tensor of this shape, where they lie in the file.
    ///
    /// - Throws: ``EmbedderError/badModel(path:problem:advice:)``.
    /// The address holds while `self` lives.
    @unsafe func floats(_ name: String, _ shape: [Int]) throws(EmbedderError) -> UnsafePointer<Float> {
        guard let tensor = tensors[name] else {
            throw .badModel(path: path, problem: "it has no tensor \(name)", advice: "")
        }
        guard tensor.kind == "F32", tensor.shape == shape, tensor.range.lowerBound % 4 == 0 else {
            throw .badModel(
                path: path, problem: "\(name) is \(tensor.kind) \(tensor.shape), not F32 \(shape)", advice: "")
        }
        return unsafe bytes.bytes.advanced(by: tensor.range.lowerBound).assumingMemoryBound(to: Float.self)
    }

    /// The values of a tensor of any kind, as float32.
    func values(of tensor: Tensor) -> [Float]? {
        let part = [UInt8](bytes.subdata(with: NSRange(location: tensor.range.lowerBound, length: tensor.range.count)))
        switch tensor.kind {
        case "F32": return Self.numbers(part) { (bits: UInt32) in Float(bitPattern: bits) }
        case "F16": return Self.numbers(part, Self.half)
        case "BF16": return Self.numbers(part) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
        case "I8": return Self.numbers(part) { (bits: UInt8) in Float(Int8(bitPattern: bits)) }
        default: return nil
        }
    }

    /// Of so many bytes as there are whole numbers in.
    private static func numbers<Bits: FixedWidthInteger>(_ part: [UInt8], _ number: (Bits) -> Float) -> [Float] {
        let width = MemoryLayout<Bits>.size
        return unsafe part.withUnsafeBytes { part in
            (0..<part.count / width).map { i in
                number(Bits(littleEndian: unsafe part.loadUnaligned(fromByteOffset: i * width, as: Bits.self)))
            }
        }
    }

    /// IEEE 754 binary16: not every processor has it as a type.
    private static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits >> 15 == 1 ? -1 : 1, exponent = Int(bits >> 10 & 31), fraction = Float(bits & 1023)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
