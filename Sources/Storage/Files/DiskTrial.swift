internal import Glibc

/// What a folder's disk does, measured with a file that is gone afterwards.
package struct DiskTrial: Sendable {
    /// Bytes a second of writing 64 MiB, synced at the end.
    package var writeRate = 0.0
    /// Median seconds of a read of 64 KiB at a random place, after the kernel was told to forget the file.
    package var readSeconds = 0.0
    /// Median seconds of a write of 4 KiB with its sync: what an acknowledged write waits for at least.
    package var syncSeconds = 0.0
    /// As the kernel calls it: `ext4`, `xfs`, `tmpfs`; empty where it does not say.
    package var fileSystem = ""

    private static let pieceCount = 64
    private static let readCount = 200
    private static let syncCount = 40

    /// - Parameter folder: must be there.
    /// - Throws: ``StorageError``, as when the disk is full or may not be written.
    package static func measure(in folder: String) throws(StorageError) -> DiskTrial {
        var trial = DiskTrial()
        trial.fileSystem = fileSystem(of: folder)
        let path = folder + "/.memvec-disk-trial-\(getpid())"
        let file = try Files.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC)
        defer {
            close(file)
            unsafe unlink(path)
        }
        // Random bytes, as some disks compress.
        var random = SystemRandomNumberGenerator()
        var piece: [UInt8] = []
        while piece.count < 1 << 20 {
            unsafe withUnsafeBytes(of: random.next()) { unsafe piece.append(contentsOf: $0) }
        }
        var start = now()
        for _ in 0..<pieceCount { try Files.write(piece[...], to: file, path) }
        guard fdatasync(file) == 0 else { throw Files.failure(path, "fdatasync") }
        trial.writeRate = Double(pieceCount * piece.count) / (now() - start)

        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
        var times: [Double] = []
        let size = 64 << 10, places = pieceCount * piece.count / size
        for _ in 0..<readCount {
            start = now()
            let place = off_t(Int.random(in: 0..<places, using: &random) * size)
            // Sound: the buffer holds more than is read.
            let count = unsafe piece.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, size, place) }
            guard count == size else { throw Files.failure(path, "read") }
            times.append(now() - start)
        }
        trial.readSeconds = median(times)
        times = []
        for _ in 0..<syncCount {
            start = now()
            try Files.write(piece[..<4096], to: file, path)
            guard fdatasync(file) == 0 else { throw Files.failure(path, "fdatasync") }
            times.append(now() - start)
        }
        trial.syncSeconds = median(times)
        return trial
    }

    /// Of the mount whose folder is the longest beginning of this one's path; of two on one folder the later.
    private static func fileSystem(of folder: String) -> String {
        // Sound: realpath gives a string that is ours to free, or nil.
        guard let real = unsafe realpath(folder, nil) else { return "" }
        let path = unsafe String(cString: real) + "/"
        unsafe free(real)
        guard let mounts = try? Files.read("/proc/self/mounts") else { return "" }
        var found = (length: -1, kind: "")
        for line in String(decoding: mounts, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            // Blanks in names of folders are written so.
            let parts = fields[1].split(separator: "\\040", omittingEmptySubsequences: false)
            let point = parts.joined(separator: " ")
            guard path.hasPrefix(point == "/" ? "/" : point + "/"), point.utf8.count >= found.length else { continue }
            found = (point.utf8.count, String(fields[2]))
        }
        return found.kind
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
