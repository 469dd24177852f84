internal import MemVec
internal import S3Vectors

/// Where the time of a query went, for the access log. It tells no vector and no key.
struct SlowQuery: Sendable {
    let k: Int
    let isFiltered: Bool
    let provenance: Provenance

    func write(to out: inout WireWriter) {
        let time = provenance.time
        out.member("k", k)
        out.member("filtered", isFiltered)
        out.member("nprobe", provenance.nprobe)
        out.member("candidates", provenance.candidateCount)
        out.member("missing", provenance.missingCount)
        out.member("audited", provenance.isAudited)
        out.member("calibrating", provenance.isCalibrating)
        out.member("expectedRecall", provenance.expectedRecall)
        out.member("reruns", provenance.rerunCount)
        out.member("coldRequests", provenance.cold.requestCount)
        out.member("coldKeys", provenance.cold.keyCount)
        for (name, nanoseconds) in [
            ("filter", time.filter), ("index", time.index), ("lookup", time.lookup), ("decision", time.decision),
            ("cold", time.cold), ("finish", time.finish), ("total", time.total),
        ] as [(StaticString, UInt64)] {
            out.member(name, (Double(nanoseconds) / 1e3).rounded() / 1e3)
        }
    }
}
