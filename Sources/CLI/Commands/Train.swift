import ArgumentParser
import MemVec
import Vectors

struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the index on the vectors there are, and swap it in.",
        discussion: """
            memvec train sift
            memvec train sift --index IVF4096,PQ64 --recall 0.99

            Says which settings reach which recall on held-out rows. A collection that is only put to trains itself; \
            this does it at once. Ended early, it leaves the index as it was.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup(title: "Settings") var settings: SettingOptions

    func run() async throws {
        let report = try await common.withCollection(changes: settings.changes) { collection in
            let progress = StageProgress()
            defer { progress.finish() }
            return try await collection.train(progress: progress.update)
        }
        common.print(report.text, report.object)
    }
}

extension TrainingReport {
    var object: JSONObject {
        [
            "index": factory, "rows": rowCount, "sample": sampleCount, "trainSeconds": trainSeconds,
            "encodeSeconds": encodeSeconds, "measureSeconds": curveSeconds, "nprobe": chosen?.nprobe,
            "candidates": chosen?.candidates, "recall": chosen?.recall,
        ]
    }

    var text: String {
        let times =
            "\(factory) over \(NumberText.counted(rowCount, "row")): train \(NumberText.seconds(trainSeconds)) on "
            + "\(NumberText.count(sampleCount)), encode \(NumberText.seconds(encodeSeconds)), "
            + "measure \(NumberText.seconds(curveSeconds))"
        guard let chosen else {
            return times + "\nno setting of this index reaches the recall that is asked for: queries scan"
        }
        return times + "\nnprobe \(chosen.nprobe), \(chosen.candidates) candidates: recall@10 "
            + "\(NumberText.fixed(chosen.recall, 4)) on held-out rows"
    }
}
