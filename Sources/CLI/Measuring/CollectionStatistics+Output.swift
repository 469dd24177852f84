import Foundation
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
        if let remote {
            out["remote"] =
                [
                    "address": remote.address, "attached": remote.isAttached, "comparedAt": remote.comparedAt,
                    "comparedDollars": remote.comparedDollars,
                    "intents": remote.intentCount, "queries": remote.spending.queryCount,
                    "localQueries": remote.spending.localQueryCount,
                    "onlineDollars": remote.spending.onlineDollars, "bulkDollars": remote.spending.bulkDollars,
                    "aloneDollars": remote.spending.aloneDollars,
                    "coldBudget": remote.coldBudget, "leftToday": remote.leftToday,
                    "queriesToPayBack": remote.spending.queriesToPayBack,
                    "calibration": remote.calibration.object,
                ] as JSONObject
        }
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
        if let remote { lines += remote.lines }
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

extension CollectionStatistics.RemotePart {
    var lines: [String] {
        let state = isAttached ? "attached" : "made here"
        var first = "remote         \(address), \(state)"
        if intentCount > 0 { first += "; \(NumberText.counted(intentCount, "write")) not confirmed (memvec intents)" }
        var lines = [first]
        if let comparedAt { lines.append(Self.compared(at: comparedAt, dollars: comparedDollars)) }
        lines.append("retained       " + calibration.text)
        if let coldBudget, let leftToday {
            lines.append(
                "budget         $\(NumberText.fixed(coldBudget, 4)) a day, "
                    + "$\(NumberText.fixed(leftToday, 4)) of today's left"
            )
        }
        guard spending.queryCount > 0 || spending.bulkDollars > 0 else { return lines }
        var cost =
            "cost           $\(NumberText.fixed(spending.onlineDollars, 6)) for "
            + "\(NumberText.count(spending.queryCount)) queries, "
            + "\(NumberText.count(spending.localQueryCount)) of them without the remote; the remote alone would have "
            + "taken $\(NumberText.fixed(spending.aloneDollars, 6)); attach and sync "
            + "$\(NumberText.fixed(spending.bulkDollars, 6))"
        if let queries = spending.queriesToPayBack {
            cost += queries == 0 ? ", paid back" : ", paid back after \(NumberText.count(queries)) more"
        }
        return lines + [cost]
    }

    private static func compared(at seconds: Double, dollars: Double?) -> String {
        "compared       \(Date(timeIntervalSince1970: seconds).formatted(.iso8601))"
            + (dollars.map { " for $\(NumberText.fixed($0, 6))" } ?? "")
            + "; what others wrote there since may be unknown here (memvec sync)"
    }
}

extension CalibrationStatus {
    var object: JSONObject {
        [
            "target": target, "calibrating": isCalibrating, "missingAudits": missingAudits, "level": level,
            "audits": auditCount, "realisedRecall": realisedRecall, "certifiedRecall": certifiedRecall,
            "missingForCertificate": missingForCertificate, "auditKeys": auditKeys, "auditDollars": auditDollars,
        ]
    }

    var text: String {
        let goal = "recall of \(NumberText.fixed(target, 4)) aimed at"
        guard !isCalibrating else {
            return
                "\(goal); calibrating: \(NumberText.counted(missingAudits, "audit")) missing, all is fetched meanwhile"
        }
        var text = "\(goal), \(NumberText.fixed(realisedRecall, 4)) in \(NumberText.counted(auditCount, "audit"))"
        if let certifiedRecall { text += ", at least \(NumberText.fixed(certifiedRecall, 4)) for certain (95 %)" }
        switch missingForCertificate {
        case 0?: break
        case let count?: text += "; a certificate of the target wants \(NumberText.counted(count, "audit")) more"
        case nil: text += "; these losses are too many for a certificate of the target"
        }
        return text + "; audits took \(NumberText.counted(auditKeys, "key")), $\(NumberText.fixed(auditDollars, 6))"
    }
}

extension CollectionStatistics.RecallPoint {
    var object: JSONObject {
        ["nprobe": nprobe, "candidates": candidates, "recall": recall, "lowerBound": lowerBound]
    }
}
