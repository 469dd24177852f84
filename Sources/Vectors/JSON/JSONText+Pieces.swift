internal import CJSON

// For texts of many small values that are in memory as bytes and floats already.
extension JSONText {
    /// A string in quotes, given as the UTF-8 of it.
    public mutating func append(utf8 text: ArraySlice<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var plain = text.startIndex
        for at in text.indices {
            let byte = text[at]
            // Nearly every byte stands for itself.
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\"),
                let escape = Self.escape(byte)
            else { continue }
            bytes.append(contentsOf: text[plain..<at])
            bytes.append(contentsOf: escape.utf8)
            plain = at + 1
        }
        bytes.append(contentsOf: text[plain...])
        bytes.append(UInt8(ascii: "\""))
    }

    /// A float32 in the fewest digits that read back as the same float32; null for what is not finite.
    public mutating func append(float: Float) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(MVJ_FLOAT_BYTES)) { room in
            guard let start = room.baseAddress else { return }
            var value = float
            let count = unsafe mvj_print_floats(&value, 1, start)
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
        }
    }

    /// Text that is JSON already.
    public mutating func append(json text: ArraySlice<UInt8>) { bytes.append(contentsOf: text) }

    /// A line's end, which is no part of JSON.
    public mutating func endLine() { bytes.append(0x0A) }
}
