/// One place for one vector in the RAM tier's slab. Not a row: the row in a slot changes, and a slot may be empty.
public struct SlotIndex: Hashable, Sendable, CustomStringConvertible {
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// As a place in arrays of ``EvictionPolicy/init(capacity:)``.
    public var index: Int { Int(number) }
    public var description: String { "slot \(number)" }
}
