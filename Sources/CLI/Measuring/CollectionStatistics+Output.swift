import MemVec

extension CollectionStatistics {
    var object: JSONObject {
        var out: JSONObject = [
            "dimension": dimension, "metric": metric.rawValue, "rows": liveCount, "rowsGiven": rowsGiven,
            "dead": deadCount, "commit": commitNumber, "journal": journalCount,
            "bytes": [
                "index": bytes.index, "liveRows": bytes.liveRows, "residency": bytes.residency,
                "ramSlots": bytes.ramSlots, "ramPolicy": bytes.ramPolicy, "warmFile": bytes.warmFile,
                "blockTable": bytes.blockTable, "storeFile": bytes.storeFile,
                "processAnonymous": bytes.processAnonymous,
            ] as JSONObject,
        ]
        if let index {
            out["index"] =
                [
                    "factory": index.factory, "training": index.training, "rows": index.rowCount,
                    "target": index.target, "heldOut": index.heldOutCount, "chosen": index.chosen?.object,
                    "curve": index.curve.map(\.object),
                ] as JSONObject
        }
        return out
    }

    var text: String {
        var lines = [
            "vectors        \(NumberText.count(liveCount)) live, \(NumberText.count(deadCount)) dead; "
                + "\(dimension) dimensions, \(metric.rawValue)",
            "store          \(NumberText.bytes(bytes.storeFile)) on disk, commit \(commitNumber), "
                + "\(NumberText.count(journalCount)) journal entries behind the snapshot",
            "memory         \(NumberText.bytes(bytes.processAnonymous)) anonymous in this process: "
                + "index \(NumberText.bytes(bytes.index)), residency \(NumberText.bytes(bytes.residency)), "
                + "RAM tier \(NumberText.bytes(bytes.ramSlots + bytes.ramPolicy)), "
                + "row bits and block table \(NumberText.bytes(bytes.liveRows + bytes.blockTable))",
        ]
        guard let index else { return (lines + ["index          none: queries scan"]).joined(separator: "\n") }
        lines.append(
            "index          \(index.factory), training \(index.training), \(NumberText.count(index.rowCount)) rows")
        if let chosen = index.chosen {
            lines.append(
                "recall@10      \(NumberText.fixed(chosen.recall, 4)) (at least "
                    + "\(NumberText.fixed(chosen.lowerBound, 4))) on \(NumberText.count(index.heldOutCount)) held-out "
                    + "rows, aimed at \(NumberText.fixed(index.target, 4)): nprobe \(chosen.nprobe), "
                    + "\(chosen.candidates) candidates")
        } else {
            lines.append("recall@10      no setting reaches \(NumberText.fixed(index.target, 4)): queries scan")
        }
        return lines.joined(separator: "\n")
    }
}

extension CollectionStatistics.RecallPoint {
    var object: JSONObject {
        ["nprobe": nprobe, "candidates": candidates, "recall": recall, "lowerBound": lowerBound]
    }
}
