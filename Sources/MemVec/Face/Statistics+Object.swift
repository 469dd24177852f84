internal import Router
package import Vectors

extension CollectionStatistics {
    package var object: JSONObject {
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
        out["tiers"] = tiers.object
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
}

extension CalibrationStatus {
    package var object: JSONObject {
        [
            "target": target, "calibrating": isCalibrating, "missingAudits": missingAudits, "level": level,
            "audits": auditCount, "realisedRecall": realisedRecall, "certifiedRecall": certifiedRecall,
            "missingForCertificate": missingForCertificate, "auditKeys": auditKeys, "auditDollars": auditDollars,
        ]
    }
}

extension CollectionStatistics.RecallPoint {
    package var object: JSONObject {
        ["nprobe": nprobe, "candidates": candidates, "recall": recall, "lowerBound": lowerBound]
    }
}

extension CollectionStatistics.TierPart {
    package var object: JSONObject {
        [
            "ramBudgetBytes": ramBudgetBytes, "ramCapacity": ramCapacity, "ramRows": ramRows, "pinnedRows": pinnedRows,
            "warmBudgetBytes": warmBudgetBytes, "warmCapacity": warmCapacity, "warmRows": warmRows,
            "ramFinds": ramFinds, "warmFinds": warmFinds, "misses": misses,
        ]
    }
}
