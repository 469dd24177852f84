internal import Storage

/// `warm/mark`: whose file lies beside it, and whether it may be believed after a restart.
///
/// The warm file is not synced. After a power cut its pages can be any mixture of old and new, and LMDB would follow
/// broken ones into a crash. So the mark names the boot in which the file was written: within one boot the page cache
/// is whole, whatever happened to the process. After another boot only a clean close makes the file worth opening.
struct WarmMark: Equatable {
    static let name = "mark"
    private static let heading = "memvec warm 1"

    enum State: String {
        /// A process writes the file, or died doing so.
        case open
        /// Everything was synced, and nothing was written afterwards.
        case clean
    }

    var generation: UInt32
    var dimension: Int
    var bootID: String
    var state: State

    /// Nil when there is no mark, or none that makes sense: a mark is a hint, and so is the file.
    static func read(folder: String) -> WarmMark? {
        guard let bytes = (try? Files.read(folder + "/" + name)).flatMap({ $0 }), bytes.count < 4_096 else {
            return nil
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 6, lines[0] == heading, lines[5].isEmpty else { return nil }
        func field(_ line: Int, _ name: String) -> String? {
            lines[line].hasPrefix(name + " ") ? String(lines[line].dropFirst(name.count + 1)) : nil
        }
        guard let generation = field(1, "generation").flatMap({ UInt32($0) }),
            let dimension = field(2, "dimension").flatMap({ Int($0) }), let bootID = field(3, "boot"),
            let state = field(4, "state").flatMap({ State(rawValue: $0) })
        else { return nil }
        return WarmMark(generation: generation, dimension: dimension, bootID: bootID, state: state)
    }

    func write(folder: String) throws(StorageError) {
        let text = """
            \(Self.heading)
            generation \(generation)
            dimension \(dimension)
            boot \(bootID)
            state \(state.rawValue)

            """
        try Files.writeAtomically(Array(text.utf8), to: folder + "/" + Self.name)
    }

    /// The kernel's name of this boot; empty where there is none, which counts as another boot each time.
    static func currentBootID() -> String {
        let bytes = (try? Files.read("/proc/sys/kernel/random/boot_id")).flatMap { $0 } ?? []
        return String(decoding: bytes, as: UTF8.self).filter { $0.isHexDigit || $0 == "-" }
    }
}
