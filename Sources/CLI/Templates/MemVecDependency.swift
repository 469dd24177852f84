import Foundation

/// MemVec, as a package depends on it.
enum MemVecDependency {
    case folder(String)
    case url(String, branch: String)

    /// The line of Package.swift.
    var line: String {
        switch self {
        case .folder(let path): ".package(path: \(Self.quoted(path)))"
        case .url(let url, let branch): ".package(url: \(Self.quoted(url)), branch: \(Self.quoted(branch)))"
        }
    }

    /// What Swift's package manager calls it: the last part of where it is.
    var package: String {
        switch self {
        case .folder(let path): return Self.quoted(String(path.split(separator: "/").last ?? ""))
        case .url(let url, _):
            let last = url.split { $0 == "/" || $0 == ":" }.last ?? ""
            return Self.quoted(last.hasSuffix(".git") ? String(last.dropLast(4)) : String(last))
        }
    }

    /// As a string of Swift.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    static func isClone(_ folder: String) -> Bool {
        let manifest = try? String(contentsOfFile: folder + "/Package.swift", encoding: .utf8)
        return manifest?.contains("name: \"memvec\"") ?? false
    }

    /// The clone whose build this program is.
    static var clone: String? {
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        var folder = URL(filePath: program).deletingLastPathComponent()
        while folder.path != "/" {
            if isClone(folder.path) { return folder.path }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
