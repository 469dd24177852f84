internal import CStemmer

/// Snowball's algorithm for one language. Not for two threads at once.
@safe final class Stemmer {
    private let handle: OpaquePointer

    /// - Parameter name: an algorithm that every build of libstemmer has.
    init(_ name: String) {
        guard let handle = unsafe sb_stemmer_new(name, "UTF_8") else {
            preconditionFailure("libstemmer has no algorithm \"\(name)\" for UTF-8")
        }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe sb_stemmer_delete(handle) }

    /// Replaces a word in lower case by its stem. A word for which there is no memory stays as it is.
    func stem(_ word: inout [UInt8]) {
        let input = word.count
        // The stem lies in the stemmer's own memory until the next call.
        let stem = unsafe word.withUnsafeBufferPointer { unsafe sb_stemmer_stem(handle, $0.baseAddress, Int32(input)) }
        guard let stem = unsafe stem else { return }
        let count = Int(unsafe sb_stemmer_length(handle))
        let common = min(count, input)
        unsafe word.withUnsafeMutableBytes {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: stem, count: common))
        }
        if count < input {
            word.removeLast(input - count)
        } else {
            for at in common..<count { unsafe word.append(stem[at]) }
        }
    }
}
