internal import Glibc
public import Vectors

/// Vectors by row in a plain, sparse file: what a training or a batch job of a remote collection reads again and again.
/// Temporary: the file is unlinked as soon as it is open, so that nothing is left of it however the process ends.
// Sendable is true because pread and pwrite take their place with them.
public final class RowFile: Sendable {
    private let file: Int32
    private let path: String
    public let dimension: Int

    /// - Parameter name: of the file for the moment that it has one; another one opened at that moment needs another.
    public init(folder: String, name: String = "training.rows", dimension: Int) throws(StorageError) {
        path = folder + "/" + name
        self.dimension = dimension
        file = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Files.failure(path, "open") }
        unsafe _ = unlink(path)
    }

    deinit { close(file) }

    /// `values` holds `dimension` floats.
    public func write(_ row: Row, _ values: [Float]) throws(StorageError) {
        let size = 4 * dimension
        let written = unsafe values.withUnsafeBytes {
            unsafe pwrite(file, $0.baseAddress, size, Int(row.number) * size)
        }
        guard written == size else { throw Files.failure(path, "write") }
    }

    /// Appends the vector of `row` to `values`.
    public func read(_ row: Row, into values: inout [Float]) throws(StorageError) {
        let size = 4 * dimension
        var vector = [Float](repeating: 0, count: dimension)
        let count = unsafe vector.withUnsafeMutableBytes {
            unsafe pread(file, $0.baseAddress, size, Int(row.number) * size)
        }
        guard count == size else { throw Files.failure(path, "read") }
        values.append(contentsOf: vector)
    }
}
