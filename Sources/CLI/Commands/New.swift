import ArgumentParser
import Foundation
import Vectors

struct New: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a small Swift package that brings along an embedder, an index or a policy.",
        discussion: """
            memvec new embedder Shouting
            memvec new index Bytes --memvec ~/src/memvec
            memvec new policy Oldest --memvec https://example.org/memvec.git
            memvec new policy Likeliest --kind routing

            The package works as it stands, and has a test that passes: swift test. docs/extending.md says what each \
            part must do.
            """, subcommands: [NewEmbedder.self, NewIndex.self, NewPolicy.self])
}

/// Where the package goes, and which MemVec it depends on.
struct NewOptions: ParsableArguments {
    @Argument(help: "The type's name, such as Shouting: letters and digits, a capital first.")
    var name: String
    @Option(help: "The folder to make; by default NAME in the working directory.", completion: .directory)
    var into: String?
    @Option(help: "MemVec's clone or its URL; by default the clone that this program was built in.")
    var memvec: String?
    @Option(help: "Of a URL: the branch.")
    var branch = "main"
    @Flag(help: "Print JSON: one object on a line.")
    var json = false

    func validate() throws {
        if let problem = PackageTemplate.problem(withName: name) { throw ValidationError(problem) }
    }

    /// The package of MemVec, as Package.swift names it.
    func dependency() throws -> MemVecDependency {
        guard let memvec else {
            guard let clone = MemVecDependency.clone else {
                throw ValidationError("this program does not lie in a clone of MemVec: name one by --memvec FOLDER|URL")
            }
            return .folder(clone)
        }
        if memvec.contains("://") || memvec.hasPrefix("git@") { return .url(memvec, branch: branch) }
        let path = URL(filePath: (memvec as NSString).expandingTildeInPath).standardizedFileURL.path
        guard MemVecDependency.isClone(path) else { throw ValidationError("\(path) is no clone of MemVec") }
        return .folder(path)
    }

    func write(_ template: PackageTemplate) throws {
        let folder = into ?? name
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw ValidationError("\(folder) is there already: name another folder by --into")
        }
        let paths = try template.write(name: name, into: folder, dependency: try dependency())
        if json {
            Terminal.print(["folder": folder, "files": paths] as JSONObject)
        } else {
            for path in paths { Terminal.print("\(folder)/\(path)") }
            Terminal.say("Next: cd \(folder) && swift test")
        }
    }
}

struct NewEmbedder: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embedder", abstract: "What turns texts into vectors.")
    @OptionGroup var options: NewOptions
    func run() throws { try options.write(.embedder) }
}

struct NewIndex: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "What proposes vectors for a query.")
    @OptionGroup var options: NewOptions
    func run() throws { try options.write(.index) }
}

struct NewPolicy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "What goes when the RAM tier is full, or what is fetched of a remote.")
    @OptionGroup var options: NewOptions
    @Option(help: "eviction (what goes when the RAM tier is full) or routing (which missing vectors are fetched).")
    var kind = PolicyKind.eviction
    func run() throws { try options.write(kind == .eviction ? .evictionPolicy : .routingPolicy) }

    enum PolicyKind: String, ExpressibleByArgument, CaseIterable { case eviction, routing }
}
