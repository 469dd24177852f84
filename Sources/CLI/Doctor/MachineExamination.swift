import Foundation
import Vectors

/// The machine: processor, memory, and what the kernel allows a process.
enum MachineExamination {
    private static let leastFiles = 4_096
    private static let leastMaps = 65_530

    static func findings() -> [Finding] {
        [processor(), memory(), addressSpace(), maps(), files()]
    }

    private static func processor() -> Finding {
        let count = ProcessInfo.processInfo.activeProcessorCount, kernel = Processor.kernelName
        let text = "\(NumberText.counted(count, "core")), kernels for \(kernel)"
        return kernel == "scalar"
            ? .warning("processor", text, "without AVX2 scans take several times as long") : .fine("processor", text)
    }

    private static func memory() -> Finding {
        let total = number("/proc/meminfo", after: "MemTotal:") ?? 0
        let free = number("/proc/meminfo", after: "MemAvailable:") ?? 0
        var text = "\(NumberText.bytes(free << 10)) of \(NumberText.bytes(total << 10)) available"
        guard let limit = read("/sys/fs/cgroup/memory.max").flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) }),
            limit >> 10 < total
        else { return .fine("memory", text) }
        text += ", \(NumberText.bytes(limit)) allowed to this group of processes"
        return .warning(
            "memory", text, "a --ram-budget in percent is of the whole: give it in bytes, a part of what is allowed")
    }

    private static func addressSpace() -> Finding {
        var limit = rlimit()
        // Sound: the kernel fills the structure, which outlives the call.
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let overcommit = number("/proc/sys/vm/overcommit_memory", after: "") ?? 0
        if limit.rlim_cur != .max {
            return .failure(
                "address space", "\(NumberText.bytes(Int(clamping: limit.rlim_cur))) allowed (ulimit -v)",
                "maps are larger than their files: ulimit -v unlimited")
        }
        if overcommit == 2 {
            return .warning(
                "address space", "the kernel counts every reservation (vm.overcommit_memory = 2)",
                "large slabs may be refused: sysctl vm.overcommit_memory=0")
        }
        return .fine("address space", "not limited")
    }

    private static func maps() -> Finding {
        let most = number("/proc/sys/vm/max_map_count", after: "") ?? 0
        return most >= leastMaps
            ? .fine("maps", "\(NumberText.count(most)) allowed")
            : .warning("maps", "\(NumberText.count(most)) allowed", "sysctl vm.max_map_count=\(leastMaps)")
    }

    private static func files() -> Finding {
        var limit = rlimit()
        // Sound: as above.
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let text = "\(NumberText.count(Int(clamping: limit.rlim_cur))) open at once"
        return limit.rlim_cur >= leastFiles
            ? .fine("files", text)
            : .warning("files", text, "a server with many connections and indexes wants more: ulimit -n \(leastFiles)")
    }

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    /// The first number behind `name`; of the whole text where that is empty.
    private static func number(_ path: String, after name: String) -> Int? {
        guard let text = read(path) else { return nil }
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }
}
