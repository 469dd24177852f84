import Foundation
import Vectors

/// The machine that numbers were measured on, as far as it says.
enum BenchMachine {
    static var object: JSONObject {
        [
            "cores": ProcessInfo.processInfo.activeProcessorCount, "processor": processor,
            "memoryBytes": Int(clamping: ProcessInfo.processInfo.physicalMemory),
            "system": ProcessInfo.processInfo.operatingSystemVersionString, "load": load,
            "build": isOptimised ? "release" : "debug",
        ]
    }

    static var text: String {
        "\(ProcessInfo.processInfo.activeProcessorCount) cores, \(processor ?? "unknown processor"), "
            + "load \(load.map { NumberText.fixed($0, 1) } ?? "unknown"), \(isOptimised ? "release" : "debug") build"
    }

    private static var processor: String? {
        words("/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Of the last minute.
    private static var load: Double? {
        words("/proc/loadavg").first?.split(separator: " ").first.flatMap { Double($0) }
    }

    private static func words(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    private static var isOptimised: Bool {
        var isDebug = false
        assert(
            {
                isDebug = true
                return true
            }())
        return !isDebug
    }
}
