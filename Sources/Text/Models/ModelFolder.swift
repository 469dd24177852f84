internal import Foundation

/// Where models lie: `$MEMVEC_MODELS`, else `$MEMVEC_DATA/models`, else `~/.cache/memvec-data/models`.
enum ModelFolder {
    static func path(of name: String, environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        func set(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
        let models =
            set("MEMVEC_MODELS") ?? set("MEMVEC_DATA").map { $0 + "/models" }
            ?? (set("HOME") ?? "") + "/.cache/memvec-data/models"
        return models + "/" + name
    }
}
