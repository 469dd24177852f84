import Foundation

/// A package that brings along a part of MemVec.
struct PackageTemplate {
    /// Products of MemVec that it needs.
    let products: [String]
    /// The source, its test, and what is in them for NAME and name.
    let source: String
    let test: String

    /// What is wrong with a name, for people; nil for a good one.
    static func problem(withName name: String) -> String? {
        let isName =
            name.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || isLetter($0) }
            && name.first.map { ("A"..."Z").contains($0) } == true && name.utf8.count <= 60
        if !isName { return "NAME is \"\(name)\"; it must be letters and digits, a capital first" }
        guard !taken.contains(name), !builtIn.contains(name.lowercased()) else {
            return "\(name) is the name of a part of MemVec: take another"
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }

    /// Modules and types that a package names, or that lie in its build beside it.
    private static let taken: Set = [
        "MemVec", "Text", "Index", "Tiers", "Storage", "Vectors", "Router", "Analysis", "Testing", "Foundation",
        "Embedder", "Embedders", "EmbedderError", "CandidateIndex", "EvictionPolicy", "ShortCircuitPolicy", "Situation",
        "Decision", "Metric", "Row", "Candidate", "Mutex",
        "Synchronization", "Swift", "String", "Array", "Int", "Float", "S3Vectors", "Package", "Vector",
    ]

    /// Names under which something is registered already.
    private static let builtIn: Set = [
        "minilm", "static", "http", "https", "bedrock", "command", "hash", "auto", "flat", "s3fifo", "lru", "lfu",
        "sieve", "hybrid", "calibrated", "off", "threshold",
    ]

    /// Writes the files into a folder that is made for them.
    ///
    /// - Returns: their paths.
    func write(name: String, into folder: String, dependency: MemVecDependency) throws -> [String] {
        let files = files(name: name, dependency: dependency)
        for (path, text) in files {
            let file = URL(filePath: folder).appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return files.map(\.path)
    }

    /// Path and text of each file.
    func files(name: String, dependency: MemVecDependency) -> [(path: String, text: String)] {
        [
            ("Package.swift", manifest(name, dependency)),
            ("Sources/\(name)/\(name).swift", filled(source, name)),
            ("Tests/\(name)Tests/\(name)Tests.swift", filled(test, name)),
            (".gitignore", ".build\n"),
        ]
    }

    private func filled(_ text: String, _ name: String) -> String {
        text.replacing("<#Name#>", with: name).replacing("<#name#>", with: name.lowercased()) + "\n"
    }

    private func manifest(_ name: String, _ dependency: MemVecDependency) -> String {
        let products = products.map { ".product(name: \"\($0)\", package: \(dependency.package))" }
        return """
            // swift-tools-version: 6.2
            import PackageDescription

            let memvec: [Target.Dependency] = [
                \(products.joined(separator: ",\n    ")),
            ]

            let package = Package(
                name: "\(name)",
                products: [.library(name: "\(name)", targets: ["\(name)"])],
                dependencies: [\(dependency.line)],
                targets: [
                    .target(name: "\(name)", dependencies: memvec),
                    .testTarget(name: "\(name)Tests", dependencies: [.target(name: "\(name)")] + memvec),
                ],
                swiftLanguageModes: [.v6]
            )

            """
    }
}
