import Foundation
import Testing

@testable import CLI

@Suite("memvec new")
struct TemplateTests {
    static let templates: [(name: String, template: PackageTemplate)] = [
        ("embedder", .embedder), ("index", .index), ("eviction", .evictionPolicy), ("routing", .routingPolicy),
    ]

    @Test("writes a package with a source and a test, in which every place is filled", arguments: templates.indices)
    func files(_ number: Int) throws {
        let (kind, template) = Self.templates[number]
        let files = template.files(name: "Shouting", dependency: .folder("/a \"b\"/memvec"))
        #expect(
            files.map(\.path) == [
                "Package.swift", "Sources/Shouting/Shouting.swift", "Tests/ShoutingTests/ShoutingTests.swift",
                ".gitignore",
            ], "\(kind)")
        for (path, text) in files {
            #expect(!text.contains("<#") && text.hasSuffix("\n"), "\(kind) \(path)")
            for line in text.split(separator: "\n") { #expect(line.count <= 120, "\(kind) \(path): \(line)") }
        }
        #expect(files[0].text.contains(#".package(path: "/a \"b\"/memvec")"#))
        #expect(files[0].text.contains(#".product(name: "MemVec", package: "memvec")"#))
        #expect(files[1].text.contains("public") && files[1].text.contains("\"shouting\""))
    }

    @Test("knows what a package is called by where it is")
    func packages() {
        let folder = MemVecDependency.folder("/a/b/clone")
        #expect(folder.package == "\"clone\"" && folder.line == #".package(path: "/a/b/clone")"#)
        for url in ["https://example.org/x/vectors.git", "git@example.org:vectors", "https://example.org/vectors/"] {
            let dependency = MemVecDependency.url(url, branch: "main")
            #expect(dependency.package == "\"vectors\"", "\(url)")
            #expect(dependency.line == ".package(url: \"\(url)\", branch: \"main\")")
        }
    }

    @Test("wants a name that can be a type's, and writes below its folder")
    func writing() throws {
        for name in ["", "shouting", "Shou ting", "../Up", "Éa", "Index", "9a", "LRU", "Hash", "Threshold"] {
            #expect(PackageTemplate.problem(withName: name) != nil, "\(name)")
        }
        #expect(PackageTemplate.problem(withName: "Shouting2") == nil)
        let folder = FileManager.default.temporaryDirectory.path + "/memvec-new-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paths = try PackageTemplate.index.write(name: "Bytes", into: folder, dependency: .folder("/x/memvec"))
        #expect(paths.allSatisfy { FileManager.default.fileExists(atPath: folder + "/" + $0) })
        #expect(!MemVecDependency.isClone(folder) && !MemVecDependency.isClone("/nowhere"))
        #expect(MemVecDependency.clone.map(MemVecDependency.isClone) ?? true)
    }
}
