package import Router
package import Vectors

// As commands print it and as the server answers it.

extension Hit {
    package var object: JSONObject {
        [
            "key": key.text, "distance": distance, "exact": isExact, "source": source.rawValue,
            "metadata": metadata.map { JSONValue.object($0.fields) },
        ]
    }
}

extension Provenance {
    package var object: JSONObject {
        [
            "reason": reason.rawValue, "candidates": candidateCount, "ram": ramCount, "warm": warmCount,
            "cold": coldCount, "missing": missingCount, "nprobe": nprobe, "reruns": rerunCount,
            "coldRequests": cold.requestCount, "coldKeys": cold.keyCount, "coldBytes": cold.byteCount,
            "dollars": cold.dollars, "aloneDollars": cold.aloneDollars, "expectedRecall": expectedRecall,
            "calibrating": isCalibrating, "audited": isAudited,
            "milliseconds": [
                "filter": Double(time.filter) / 1e6, "index": Double(time.index) / 1e6,
                "lookup": Double(time.lookup) / 1e6, "decision": Double(time.decision) / 1e6,
                "cold": Double(time.cold) / 1e6, "finish": Double(time.finish) / 1e6, "total": Double(time.total) / 1e6,
            ] as JSONObject,
        ]
    }
}

extension Explanation {
    package var object: JSONObject {
        [
            "depth": depth, "expectedLoss": expectedLoss, "level": level, "wanted": wantedCount,
            "fetchDollars": fetchDollars,
            "queryDollars": queryDollars,
            "candidates": candidates.map { candidate -> JSONObject in
                [
                    "key": candidate.key?.text, "place": candidate.place.rawValue, "estimate": candidate.estimate,
                    "distance": candidate.distance, "chance": candidate.chance, "hit": candidate.isHit,
                ]
            },
        ]
    }
}

extension Answer {
    /// One query told step by step; a scan has no explanation, as there was nothing to decide.
    package var told: JSONObject {
        [
            "hits": hits.map(\.object), "provenance": provenance.object, "explanation": explanation?.object,
        ]
    }
}
