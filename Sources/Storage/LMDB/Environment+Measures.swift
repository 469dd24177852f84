internal import CLMDB

extension Environment {
    /// Bytes of the file up to its last page in use. It never falls: pages that get free are used again.
    public var usedByteCount: Int { unsafe (info().me_last_pgno + 1) * Int(pageByteCount) }

    /// The number of the last commit.
    public var lastCommit: Int { unsafe info().me_last_txnid }

    private var pageByteCount: UInt32 {
        var stat = MDB_stat()
        unsafe mdb_env_stat(env, &stat)
        return stat.ms_psize
    }

    private func info() -> MDB_envinfo {
        var info = unsafe MDB_envinfo()
        unsafe mdb_env_info(env, &info)
        return unsafe info
    }

    /// The oldest commit that a reader of any process still looks at; nil when nobody reads. What was freed after it
    /// cannot be used again, so the file grows while it stands.
    ///
    /// LMDB tells it only as text, one line a reader: process, thread, commit or "-".
    public var oldestCommitInUse: Int? {
        final class Lines {
            var oldest: Int?
        }
        let lines = Lines()
        let context = unsafe Unmanaged.passUnretained(lines).toOpaque()
        unsafe mdb_reader_list(
            env,
            { line, context in
                guard let line = unsafe line, let context = unsafe context else { return 0 }
                let lines = unsafe Unmanaged<Lines>.fromOpaque(context).takeUnretainedValue()
                for row in unsafe String(cString: line).split(separator: "\n") {
                    let fields = row.split(separator: " ")
                    guard fields.count == 3, let commit = Int(fields[2]) else { continue }
                    lines.oldest = min(lines.oldest ?? commit, commit)
                }
                return 0
            }, context)
        return lines.oldest
    }
}
