import ArgumentParser
import Foundation
import MemVec

struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the index on the vectors there are, and swap it in.", discussion: "memvec train sift")

    @OptionGroup var common: CommonOptions
    @OptionGroup var settings: SettingOptions

    func run() async throws {
        let collection = try await common.open(changes: settings.changes)
        let report = try await collection.train { stage, share in
            if Terminal.isInteractive {
                FileHandle.standardError.write(Data("\r\u{1B}[K\(stage) \(Int(share * 100)) %".utf8))
            }
        }
        if Terminal.isInteractive { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        try await collection.close()
        if common.json {
            var object: [String: Any] = [
                "index": report.factory, "rows": report.rowCount, "sample": report.sampleCount,
                "trainSeconds": report.trainSeconds, "encodeSeconds": report.encodeSeconds,
                "measureSeconds": report.curveSeconds,
            ]
            if let chosen = report.chosen {
                object["nprobe"] = chosen.nprobe
                object["candidates"] = chosen.candidates
                object["recall"] = chosen.recall
            }
            Terminal.print(json: object)
            return
        }
        Terminal.print(
            String(
                format: "%@ over %d rows: train %.1f s on %d, encode %.1f s, measure %.1f s", report.factory,
                report.rowCount, report.trainSeconds, report.sampleCount, report.encodeSeconds, report.curveSeconds))
        if let chosen = report.chosen {
            Terminal.print(
                String(
                    format: "nprobe %d, %d candidates: recall@10 %.4f on held-out rows", chosen.nprobe,
                    chosen.candidates, chosen.recall))
        } else {
            Terminal.print("no setting of this index reaches the recall that is asked for: queries scan")
        }
    }
}

struct Stats: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What the collection holds and what it takes.", discussion: "memvec stats news --watch")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Print again every two seconds.")
    var watch = false

    func run() async throws {
        repeat {
            let collection = try await common.open(readOnly: true)
            let stats = try collection.statistics()
            common.json ? Terminal.print(json: stats.object) : Terminal.print(stats.text)
            if watch { try await Task.sleep(for: .seconds(2)) }
        } while watch
    }
}

extension CollectionStatistics {
    var object: [String: Any] {
        var out: [String: Any] = [
            "dimension": dimension, "metric": metric.rawValue, "rows": liveCount, "rowsGiven": rowsGiven,
            "dead": deadCount, "commit": commitNumber, "journal": journalCount,
            "bytes": [
                "index": bytes.index, "liveRows": bytes.liveRows, "residency": bytes.residency,
                "ramSlots": bytes.ramSlots, "ramPolicy": bytes.ramPolicy, "warmFile": bytes.warmFile,
                "blockTable": bytes.blockTable,
                "storeFile": bytes.storeFile, "processAnonymous": bytes.processAnonymous,
            ],
        ]
        if let index {
            var part: [String: Any] = [
                "factory": index.factory, "training": index.training, "rows": index.rowCount, "target": index.target,
                "heldOut": index.heldOutCount, "curve": index.curve.map(Self.object),
            ]
            part["chosen"] = index.chosen.map(Self.object)
            out["index"] = part
        }
        return out
    }

    private static func object(_ point: RecallPoint) -> [String: Any] {
        [
            "nprobe": point.nprobe, "candidates": point.candidates, "recall": point.recall,
            "lowerBound": point.lowerBound,
        ]
    }

    var text: String {
        var lines = [
            "vectors        \(liveCount) live, \(deadCount) dead; \(dimension) dimensions, \(metric.rawValue)",
            "store          \(Terminal.bytes(bytes.storeFile)) on disk, commit \(commitNumber), "
                + "\(journalCount) journal entries behind the snapshot",
            "memory         \(Terminal.bytes(bytes.processAnonymous)) anonymous in this process: "
                + "index \(Terminal.bytes(bytes.index)), residency \(Terminal.bytes(bytes.residency)), "
                + "RAM tier \(Terminal.bytes(bytes.ramSlots + bytes.ramPolicy)), "
                + "row bits and block table \(Terminal.bytes(bytes.liveRows + bytes.blockTable))",
        ]
        guard let index else { return (lines + ["index          none: queries scan"]).joined(separator: "\n") }
        lines.append("index          \(index.factory), training \(index.training), \(index.rowCount) rows")
        if let chosen = index.chosen {
            lines.append(
                String(
                    format: "recall@10      %.4f (at least %.4f) on %d held-out rows, aimed at %.4f: "
                        + "nprobe %d, %d candidates", chosen.recall, chosen.lowerBound, index.heldOutCount,
                    index.target, chosen.nprobe, chosen.candidates))
        } else {
            lines.append(String(format: "recall@10      no setting reaches %.4f: queries scan", index.target))
        }
        return lines.joined(separator: "\n")
    }
}

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check everything against everything else.", discussion: "memvec verify news")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        let report = try await collection.verify()
        if common.json {
            Terminal.print(
                json: ["rows": report.liveCount, "blocks": report.blockCount, "problems": report.problems])
        } else {
            for problem in report.problems { Terminal.print(problem) }
            Terminal.print(
                "\(report.liveCount) vectors, \(report.blockCount) blocks, \(report.problems.count) problems")
        }
        if !report.isSound { throw ExitCode(1) }
    }
}

struct Compact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build the collection anew without its dead rows.", discussion: "memvec compact news")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await VectorCollection.compact(at: common.folder) { share in
            if Terminal.isInteractive {
                FileHandle.standardError.write(Data("\r\u{1B}[Kcompact \(Int(share * 100)) %".utf8))
            }
        }
        if Terminal.isInteractive { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
        if common.json {
            Terminal.print(json: [
                "rows": report.liveCount, "dead": report.deadCount, "bytesBefore": report.bytesBefore,
                "bytesAfter": report.bytesAfter,
            ])
        } else {
            Terminal.print(
                "\(report.liveCount) vectors kept, \(report.deadCount) dead rows gone; "
                    + "\(Terminal.bytes(report.bytesBefore)) before, \(Terminal.bytes(report.bytesAfter)) after")
        }
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a collection from a backup.", discussion: "memvec restore news-copy news")

    @Argument(help: "The backup's folder.")
    var backup: String
    @Argument(help: "The new collection's folder.")
    var folder: String
    @Flag(help: "Print JSON, one object on a line.")
    var json = false

    func run() async throws {
        var options = OpenOptions()
        options.isReadOnly = true
        let copy = try await VectorCollection.open(at: backup, options: options)
        let report = try await copy.verify()
        guard report.isSound else {
            for problem in report.problems { Terminal.say("memvec: \(problem)") }
            throw ExitCode(1)
        }
        try await copy.backup(to: folder)
        json
            ? Terminal.print(json: ["folder": folder, "vectors": report.liveCount])
            : Terminal.print("\(report.liveCount) vectors restored to \(folder)")
    }
}

struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the index anew from the vectors, after its snapshot was damaged.",
        discussion: "memvec rebuild news")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let collection = try await common.open()
        let report = try await collection.train()
        try await collection.close()
        common.json
            ? Terminal.print(json: ["index": report.factory, "rows": report.rowCount])
            : Terminal.print("\(report.factory) over \(report.rowCount) rows")
    }
}

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a collection, as of one moment, to a new folder.",
        discussion: "memvec backup news news-copy\nThe copy is a collection: to restore it, move it where it should be."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The new folder.")
    var target: String

    func run() async throws {
        let collection = try await common.open(readOnly: true)
        try await collection.backup(to: target)
        let count = try await collection.count()
        common.json
            ? Terminal.print(json: ["folder": target, "vectors": count])
            : Terminal.print("\(count) vectors copied to \(target)")
    }
}
