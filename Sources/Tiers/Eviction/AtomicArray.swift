internal import Glibc
internal import Synchronization

/// The widths that ``AtomicArray`` knows. (`Atomic` has its loads and stores on concrete widths only.)
protocol RelaxedAtomic: AtomicRepresentable, BitwiseCopyable {
    static func load(_ atomic: borrowing Atomic<Self>) -> Self
    static func store(_ value: Self, _ atomic: borrowing Atomic<Self>)
}

extension UInt8: RelaxedAtomic {
    static func load(_ atomic: borrowing Atomic<UInt8>) -> UInt8 { atomic.load(ordering: .relaxed) }
    static func store(_ value: UInt8, _ atomic: borrowing Atomic<UInt8>) { atomic.store(value, ordering: .relaxed) }
}

extension UInt32: RelaxedAtomic {
    static func load(_ atomic: borrowing Atomic<UInt32>) -> UInt32 { atomic.load(ordering: .relaxed) }
    static func store(_ value: UInt32, _ atomic: borrowing Atomic<UInt32>) { atomic.store(value, ordering: .relaxed) }
}

extension UInt64: RelaxedAtomic {
    static func load(_ atomic: borrowing Atomic<UInt64>) -> UInt64 { atomic.load(ordering: .relaxed) }
    static func store(_ value: UInt64, _ atomic: borrowing Atomic<UInt64>) { atomic.store(value, ordering: .relaxed) }
}

/// A fixed number of atomics in a row: what many query threads write without a lock while one thread reads it.
///
/// All access is relaxed. What is kept here is a hint (how often, how lately), and no other memory hangs on it.
// Sendable is true because the elements are atomics and the pointer is set once; @safe because each access is
// bounded by `count`.
@safe final class AtomicArray<Value: RelaxedAtomic>: @unchecked Sendable {
    let count: Int
    private let elements: UnsafeMutablePointer<Atomic<Value>>

    /// All zero. Elements that were never written take no memory.
    init(count: Int) {
        self.count = count
        // An atomic integer has the layout of the integer, and zero bits are an initialised zero.
        let memory = unsafe UnsafeMutableRawPointer(ZeroedArray<Value>.zeroed(count))
        unsafe elements = memory.assumingMemoryBound(to: Atomic<Value>.self)
    }

    deinit { unsafe free(elements) }

    subscript(index: Int) -> Value {
        get {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            return unsafe Value.load(elements[index])
        }
        set {
            precondition(index >= 0 && index < count, "element \(index) of \(count)")
            unsafe Value.store(newValue, elements[index])
        }
    }
}
