import Foundation
import Testing

@testable import Storage

@Suite("environments")
struct EnvironmentTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "memvec-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("an opening that fails leaves nothing behind, and is no crash")
    func failures() throws {
        try withFolder { folder in
            var options = Environment.Options()
            // More than any process can address.
            options.mapBytes = 1 << 60
            for _ in 0..<3 {
                #expect(throws: StorageError.self) {
                    try EnvironmentRegistry.lease(path: folder + "/data.mdb", options: options)
                }
            }
            options.mapBytes = 1 << 30
            _ = try EnvironmentRegistry.lease(path: folder + "/data.mdb", options: options)
        }
    }

    @Test("a file is one environment, also under another name; a new file under its name is another")
    func identity() throws {
        try withFolder { folder in
            var options = Environment.Options()
            options.mapBytes = 1 << 30
            try FileManager.default.createDirectory(atPath: folder + "/a", withIntermediateDirectories: true)
            let first = try EnvironmentRegistry.lease(path: folder + "/a/data.mdb", options: options)
            #expect(
                try EnvironmentRegistry.lease(path: folder + "/a/data.mdb", options: options).environment
                    === first.environment)
            try FileManager.default.moveItem(atPath: folder + "/a", toPath: folder + "/b")
            #expect(
                try EnvironmentRegistry.lease(path: folder + "/b/data.mdb", options: options).environment
                    === first.environment)
            try FileManager.default.createDirectory(atPath: folder + "/a", withIntermediateDirectories: true)
            #expect(
                try EnvironmentRegistry.lease(path: folder + "/a/data.mdb", options: options).environment
                    !== first.environment)
            withExtendedLifetime(first) {}
        }
    }
}
