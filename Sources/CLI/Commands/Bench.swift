import ArgumentParser
import Foundation
import MemVec
import S3Vectors
import Vectors

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A load test: latency, hits by tier, recall, requests to the store and dollars, for many settings.",
        discussion: """
            memvec bench sift --queries query.fvecs --cache 1,5,20
            memvec bench sift --queries query.fvecs --simulate-latency 80ms --cache 1,5,20 --candidates 50,200,500 \
            --policy off,calibrated --report bench.json
            memvec bench near --queries query.fvecs --workload log:monday.jsonl --rate 200

            Every combination of --cache, --candidates and --policy is a cell. All cells ask the same queries, each \
            from the same state, with nothing in RAM; the collection stays as it is. A local collection answers from \
            RAM and SSD; with --simulate-latency it plays the store of a collection that is made in front of it, and \
            charges as S3 Vectors does. In front of a real store each cell asks that store.

            --rate asks at that rate, answered or not, and counts latency from the time at which a query was due; \
            --clients has so many clients that wait for their answers. Interrupted, it ends with the cells that are \
            done. tools/plots draws what --report keeps.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup(title: "What is compared") var matrix: BenchMatrix
    @OptionGroup(title: "What is asked") var shape: TrafficOptions
    @OptionGroup(title: "How it is asked") var load: LoadOptions
    @Option(help: "Time that each request to the store takes, such as 80ms, where a local collection plays it.")
    var simulateLatency: String?
    @Option(help: "Vectors that the warm file has room for, in percent (20 where the store is simulated).")
    var warm: Double?
    @Option(help: "How the store is asked: get, query or auto; by default as the collection is set.")
    var coldPath: ColdPath?
    @Option(help: "Queries whose answers are compared with exact ones (200; 0 in front of a real store).")
    var recallSample: Int?
    @Option(help: "A folder for copies, kept with what took time to make; by default one that is removed.")
    var work: String?
    @Option(help: "Write everything that was measured, histograms too, into this file.", completion: .file())
    var report: String?
    @Flag(help: "Ask a real store without being asked whether to.")
    var yes = false

    func validate() throws {
        if let simulateLatency {
            do { _ = try CollectionSettings.seconds(simulateLatency, "simulate-latency") } catch {
                throw ValidationError("--\(error)")
            }
        }
        if let warm, !(0...100).contains(warm) { throw ValidationError("--warm is \(warm); 0 to 100 are possible") }
        if let recallSample, recallSample < 0 { throw ValidationError("--recall-sample is \(recallSample)") }
    }

    func run() async throws {
        Interruption.watch()
        let folder = work ?? FileManager.default.temporaryDirectory.path + "/memvec-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { if work == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var choices = BenchStand.Choices()
        (choices.simulatedLatency, choices.warmPercent) = (simulateLatency, warm)
        choices.prices = common.prices.list.vectors
        let stand = try await BenchStand(common.folder, work: folder, choices)
        let cells = try matrix.cells
        try confirm(stand, cells.count)
        let traffic = try await shape.traffic(for: stand, count: load.warmup + load.count)
        guard traffic.count > load.warmup else {
            throw ValidationError("--warmup is \(load.warmup), and there are \(traffic.count) queries")
        }
        var options = try await load.options(for: stand)
        options.coldPath = coldPath
        let run = BenchRun(
            stand: stand, traffic: traffic, loop: load.loop, k: load.k, options: options, warmup: load.warmup,
            duration: load.seconds, sampleCount: recallSample ?? (stand.store == .real ? 0 : 200))
        let outcomes = try await run.outcomes(cells) { try save(object($0, stand, traffic, cells.count)) }
        let done = object(outcomes, stand, traffic, cells.count)
        try save(done)
        common.print(text(outcomes, stand), done)
        try end(outcomes)
    }

    /// Asks before a real store is.
    private func confirm(_ stand: BenchStand, _ cellCount: Int) throws {
        guard let dollars = stand.mostDollars(queryCount: cellCount * (load.warmup + load.count)), !yes else { return }
        throw ValidationError(
            "this asks \(stand.address ?? "a store") for real: \(NumberText.counted(cellCount, "cell")) of "
                + "\(NumberText.count(load.warmup + load.count)) queries, up to $\(NumberText.fixed(dollars, 2)). "
                + "Say --yes to do it")
    }

    private func save(_ object: JSONObject) throws {
        guard let report else { return }
        try Data((object.json.text + "\n").utf8).write(to: URL(fileURLWithPath: report), options: .atomic)
    }

    private func end(_ outcomes: [CellOutcome]) throws {
        for outcome in outcomes where outcome.tally.errorCount > 0 {
            Terminal.complain(
                "\(NumberText.count(outcome.tally.errorCount)) queries failed (\(outcome.cell.name)), the first: "
                    + (outcome.tally.firstError ?? ""))
        }
        if let interrupted = Interruption.asked { throw interrupted }
        if outcomes.contains(where: { $0.tally.errorCount > 0 }) { throw Outcome.failed }
    }

    // MARK: What is told

    private func text(_ outcomes: [CellOutcome], _ stand: BenchStand) -> String {
        let store =
            switch stand.store {
            case .none: "no store"
            case .simulated:
                "a simulated store\(simulateLatency.map { " of \($0)" } ?? "") that charges as S3 Vectors"
            case .real: stand.address ?? ""
            }
        let head =
            "\(NumberText.count(stand.rowCount)) x \(stand.dimension), \(store); \(shape.workload), seed "
            + "\(shape.seed); \(NumberText.count(load.count)) queries after \(NumberText.count(load.warmup)), "
            + "\(load.text), k \(load.k)"
        return [head, BenchMachine.text, "", BenchTable.text(outcomes)].joined(separator: "\n")
    }

    private func object(
        _ outcomes: [CellOutcome], _ stand: BenchStand, _ traffic: BenchTraffic, _ cellCount: Int
    ) -> JSONObject {
        [
            "kind": "memvec bench", "form": 1, "time": Date().formatted(.iso8601),
            "machine": BenchMachine.object,
            "settings": [
                "vectors": stand.rowCount, "dimension": stand.dimension, "store": stand.store.rawValue,
                "address": stand.store == .real ? stand.address : nil, "simulatedLatency": simulateLatency,
                "coldPath": coldPath?.rawValue, "warmPercent": stand.store == .none ? nil : warm ?? 20,
                "workload": "\(shape.workload)", "zipf": shape.zipf, "noise": traffic.noise, "seed": shape.seed,
                "clients": load.rate == nil ? load.clients : nil, "rate": load.rate, "warmup": load.warmup,
                "count": load.count, "durationSeconds": load.seconds, "k": load.k,
                "pricesOf": common.prices.list.vectors.date,
            ] as JSONObject,
            "cellsAsked": cellCount, "cells": outcomes.map(\.object),
        ]
    }
}
