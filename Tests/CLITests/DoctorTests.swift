import Foundation
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
}
