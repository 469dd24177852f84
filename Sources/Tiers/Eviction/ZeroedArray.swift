internal import Glibc

/// A fixed number of values, all of zero bits at first. Memory that was never written is not there: a policy for
/// millions of slots costs what the slots in use cost.
// @safe because each access is bounded by `count`, and a value of zero bits is one of `Value` for the integers,
// booleans and rows that are kept here.
@safe final class ZeroedArray<Value: BitwiseCopyable> {
    let count: Int
    private let elements: UnsafeMutablePointer<Value>

    init(count: Int) {
        self.count = count
        unsafe elements = Self.zeroed(count)
    }

    deinit { unsafe free(elements) }

    /// Of more than some pages the C library takes fresh ones from the kernel, which are zero and not there yet.
    static func zeroed(_ count: Int) -> UnsafeMutablePointer<Value> {
        guard let memory = unsafe calloc(max(1, count), MemoryLayout<Value>.stride) else {
            preconditionFailure("no memory for \(count) slots")
        }
        return unsafe memory.bindMemory(to: Value.self, capacity: max(1, count))
    }

    subscript(index: Int) -> Value {
        get {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            return unsafe elements[index]
        }
        set {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            unsafe elements[index] = newValue
        }
    }

    var indices: Range<Int> { 0..<count }
}
