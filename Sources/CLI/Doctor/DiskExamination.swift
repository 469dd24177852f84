import Storage

/// The disk of a folder: what kind it is, how fast, and whether it waits for its writes.
enum DiskExamination {
    /// LMDB's locks and maps do not hold on disks of other machines.
    private static let farKinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "lustre", "glusterfs", "afs", "gfs2", "ocfs2",
    ]
    private static let doubtfulKinds = [
        "tmpfs": "which is RAM and gone with the machine", "ramfs": "which is RAM and gone with the machine",
        "overlay": "which is gone with its container and slow to write",
        "fuse": "which may not keep what mmap and fsync promise",
    ]
    private static let leastFree = 1 << 30
    /// Below it no disk that writes to flash has answered: it has a cache, with a battery or without.
    private static let honestSyncSeconds = 30e-6
    private static let slowSyncSeconds = 20e-3
    private static let slowReadSeconds = 1e-3

    static func findings(_ folder: String) -> [Finding] {
        let trial: DiskTrial
        do {
            trial = try DiskTrial.measure(in: folder)
        } catch {
            return [.failure("disk", "\(error)", "choose a folder that this user may write, with 65 MB free")]
        }
        var out = [fileSystem(trial.fileSystem, folder)]
        let free = Files.freeBytes(folder)
        let freeText = "\(NumberText.bytes(free)) free"
        out.append(
            free >= leastFree
                ? .fine("space", freeText)
                : .warning("space", freeText, "a store that cannot grow refuses writes; --warm-budget is a part of it"))
        let writes = "64 MiB written at \(NumberText.bytes(Int(trial.writeRate)))/s"
        let read = "64 KiB read in \(milliseconds(trial.readSeconds))"
        out.append(
            trial.readSeconds <= slowReadSeconds
                ? .fine("speed", "\(writes), \(read)")
                : .warning(
                    "speed", "\(writes), \(read)",
                    "warm lookups want an SSD of this machine: this disk costs each of them about as much"))
        out.append(sync(trial.syncSeconds))
        return out
    }

    private static func fileSystem(_ kind: String, _ folder: String) -> Finding {
        let text = "\(folder) is on \(kind.isEmpty ? "a disk of unknown kind" : kind)"
        let family = kind.split(separator: ".").first.map(String.init) ?? kind
        if farKinds.contains(kind) || kind.hasPrefix("fuse.sshfs") {
            return .failure("file system", text, "use a disk of this machine: LMDB forbids those of others")
        }
        if let doubt = doubtfulKinds[family] {
            return .warning("file system", "\(text), \(doubt)", "use ext4 or XFS where the data are to last")
        }
        return .fine("file system", text)
    }

    private static func sync(_ seconds: Double) -> Finding {
        let text = "a write of 4 KiB is synced in \(milliseconds(seconds))"
        if seconds < honestSyncSeconds {
            return .warning(
                "fsync", text,
                "no flash is so fast: unless this cache survives a power cut, acknowledged writes may not")
        }
        if seconds > slowSyncSeconds {
            return .warning("fsync", text, "a single put waits so long; put in batches, which share it")
        }
        return .fine("fsync", text)
    }

    private static func milliseconds(_ seconds: Double) -> String { "\(NumberText.fixed(seconds * 1e3, 3)) ms" }
}
