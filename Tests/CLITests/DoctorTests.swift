import ChildProcesses
import Foundation
import MemVec
import Storage
import Testing
import Vectors

@testable import CLI

/// What stands in the lines of a program and of the library alike; tools/tests/serve/test_doctor.py asks a server, too.
@Suite("memvec doctor")
struct DoctorTests {
    @Test("a disk's trial tells rates that are possible, and leaves nothing")
    func disk() throws {
        let folder = try TemporaryFolder()
        let place = URL(fileURLWithPath: folder.collection).deletingLastPathComponent().path
        let before = try FileManager.default.contentsOfDirectory(atPath: place)
        let trial = try DiskTrial.measure(in: place)
        #expect(trial.writeRate > 1e5 && trial.readSeconds > 0 && trial.syncSeconds > 0 && !trial.fileSystem.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place) == before)
        #expect(throws: StorageError.self) { try DiskTrial.measure(in: place + "/nowhere") }
        let names = DiskExamination.findings(place).map(\.name)
        #expect(names == ["file system", "space", "speed", "fsync"])
        #expect(DiskExamination.findings(place + "/nowhere").map(\.state) == [.failure])
    }

    @Test("everything of the machine is looked at, and what is not fine comes with advice")
    func machine() async {
        let findings = MachineExamination.findings()
        #expect(findings.map(\.name) == ["processor", "memory", "address space", "maps", "files"])
        #expect(findings.allSatisfy { ($0.advice == nil) == ($0.state == .fine) && $0.lines.contains($0.text) })
        #expect(findings[0].text.contains(Processor.kernelName))
        // Nobody listens there: ServiceTrial says so and asks no longer than it must.
        let service = await ServiceExamination.findings(
            endpoint: "http://127.0.0.1:9", region: "us-east-1", profile: nil)
        #expect(service.map(\.state) == [.failure])
    }

    @Test("of what a service refuses only a want of rights is fine")
    func refusals() {
        let fine = ServiceExamination.refused("it said no", code: "AccessDeniedException")
        #expect(fine.state == .warning && fine.text == "it said no" && fine.advice?.contains("which is fine") == true)
        for (code, advice) in [
            ("InvalidSignatureException", "the secret is not that of the access key"),
            ("SignatureDoesNotMatch", "the secret is not that of the access key"),
            ("UnrecognizedClientException", "nobody knows this access key"),
            ("MissingAuthenticationTokenException", "signed requests"), ("ExpiredTokenException", "renew them"),
            ("ExpiredToken", "renew them"), ("SomethingElse", "is this a server of S3 Vectors"),
        ] {
            let finding = ServiceExamination.refused("it said no", code: code)
            #expect(finding.state == .failure && finding.advice?.contains(advice) == true, "\(code): \(finding)")
        }
    }

    @Test("a collection's remote is asked whether it is there, and is the collection's")
    func remotes() async throws {
        let folder = try TemporaryFolder(), near = folder.path + "/near"
        try await folder.filled(20)
        let made = try await MemvecProcess.run(
            "create", near, "--dimension", "3", "--metric", "euclidean", "--cold", "local:" + folder.collection)
        #expect(made.status == 0, "\(made.errors)")
        var file = try CollectionFile.read(folder: near)
        let address = try #require(file.cold), settings = try CollectionSettings()
        let there = await RemoteExamination.finding(file, at: address, settings)
        #expect(there.state == .fine && there.text.contains("3 values, euclidean"), "\(there)")
        file.metric = .cosine
        let other = await RemoteExamination.finding(file, at: address, settings)
        #expect(other.state == .failure && other.text.contains("the collection has 3 values, cosine"), "\(other)")

        let fine = try await memvec(["doctor", near, "--json"], folder)
        #expect(states(fine.text)["remote"] == "fine", "\(fine.text)")
        try FileManager.default.removeItem(atPath: folder.collection)
        let gone = try await memvec(["doctor", near, "--json"], folder)
        #expect(gone.status == 1 && states(gone.text)["remote"] == "failure", "\(gone.text)")
    }

    @Test("a service may answer, and not have the index")
    func indexesThatAreNotThere() async throws {
        let folder = try TemporaryFolder(), empty = try RunningServer(), server = try RunningServer()
        let made = try await memvec(
            [
                "create", folder.collection, "--dimension", "3", "--metric", "euclidean", "--cold",
                "s3vectors://media/films", "--endpoint", server.url, "--region", "us-east-1",
            ], folder)
        #expect(made.status == 0, "\(made.text)")
        let there = try await memvec(["doctor", folder.collection, "--json"], folder)
        #expect(states(there.text)["service"] == "fine" && states(there.text)["remote"] == "fine", "\(there.text)")
        let away = try await memvec(["doctor", folder.collection, "--endpoint", empty.url, "--json"], folder)
        #expect(away.status == 1 && away.text.contains("was it erased"), "\(away.text)")
        #expect(states(away.text)["service"] == "fine" && states(away.text)["remote"] == "failure", "\(away.text)")
    }

    /// Runs the program with keys that a server without `--credentials` takes.
    private func memvec(_ words: [String], _ folder: TemporaryFolder) async throws -> (status: Int32, text: String) {
        let path = folder.path + "/said", keys = ["AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing"]
        let process = try SpawnedProcess(
            MemvecProcess.executable, words, environment: keys, output: try ChildPipe.End.file(path))
        let end = await process.end()
        return (end.status, try String(contentsOfFile: path, encoding: .utf8))
    }

    /// What a doctor's findings are, by name.
    private func states(_ text: String) -> [String: String] {
        let told = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        var states: [String: String] = [:]
        for finding in told?["findings"] as? [[String: Any]] ?? [] {
            if let name = finding["name"] as? String { states[name] = finding["state"] as? String }
        }
        return states
    }
}

/// A server without anything, which ends with its owner.
private final class RunningServer: Sendable {
    struct SaysNothing: Error {}
    let url: String
    private let process: SpawnedProcess
    private let output: ChildPipe

    init() throws {
        output = try ChildPipe()
        process = try SpawnedProcess(
            MemvecProcess.executable, ["serve", "--ephemeral", "--listen", "127.0.0.1:0"], output: output.writing)
        output.writing.close()
        var said = Data()
        while !said.contains(0x0A) {
            let more = output.reading.read()
            guard !more.isEmpty else { throw SaysNothing() }
            said += more
        }
        guard let start = String(decoding: said, as: UTF8.self).split(separator: " ").last else { throw SaysNothing() }
        url = start.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit { process.signal(SIGTERM) }
}
