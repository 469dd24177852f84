import Foundation
import MemVec

extension CollectionStatistics {
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
        lines.append("tiers          " + tiers.text(liveCount))
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

extension CollectionStatistics.TierPart {
    func text(_ liveCount: Int) -> String {
        var ram = "RAM \(NumberText.count(ramRows)) of \(NumberText.count(ramCapacity)) slots"
        if pinnedRows > 0 { ram += ", \(NumberText.count(pinnedRows)) pinned" }
        ram += " (\(NumberText.bytes(ramBudgetBytes)))"
        guard let warmBudgetBytes else { return ram + "; SSD all \(NumberText.count(liveCount))" }
        let warm = warmRows.map { "\(NumberText.count($0)) vectors" } ?? "the warm file"
        return ram + "; SSD \(warm), up to \(NumberText.bytes(warmBudgetBytes))"
    }
}
