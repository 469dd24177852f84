internal import FoundationEssentials
internal import S3Vectors

/// A request that is over, as its line in the log says it.
struct AccessLine {
    /// Seconds since 1970 when it came.
    var time: Double
    var client: String?
    var method: String
    /// Without the query; given where no operation says it better.
    var path: String
    var requestByteCount = 0
    /// Nil where nothing was answered.
    var reply: Reply?
    /// Why nothing was answered.
    var failure: String?
    /// From its head's arrival until its answer was handed to the connection.
    var duration: Duration
    /// The fault that was simulated.
    var fault: String?

    private static let pathLimit = 200

    /// One JSON object; members that are not known are left out. It holds no secret, no signature, no body.
    var json: [UInt8] {
        let facts = reply?.trace?.facts
        let parts = duration.components
        let milliseconds = Double(parts.seconds) * 1e3 + Double(parts.attoseconds) * 1e-15
        var out = WireWriter(byteCapacity: 512)
        out.object { out in
            out.member("time", Self.text(time))
            out.member("requestId", facts?.requestID)
            out.member("client", client)
            out.member("accessKey", facts?.accessKey)
            out.member("method", method)
            out.member("operation", facts?.operation?.name)
            if facts?.operation == nil { out.member("path", String(path.prefix(Self.pathLimit))) }
            out.member("bucket", facts?.resource?.bucket)
            out.member("index", facts?.resource?.index)
            out.member("status", reply?.status)
            out.member("error", reply?[ServiceError.typeHeader] ?? failure)
            out.member("cause", facts?.cause)
            out.member("bytesIn", requestByteCount)
            out.member("bytesOut", reply?.body.count ?? 0)
            out.member("milliseconds", (milliseconds * 1000).rounded() / 1000)
            out.member("reason", reply?["x-memvec-reason"])
            out.member("tiers", reply?["x-memvec-tiers"])
            out.member("cost", reply?["x-memvec-cost"])
            if let slow = facts?.slow { out.member("slow", object: { slow.write(to: &$0) }) }
            out.member("fault", fault)
        }
        return out.bytes
    }

    /// `2026-01-02T03:04:05.678Z`.
    static func text(_ time: Double) -> String {
        // The style cuts what is below a millisecond, where a whole number of them may lie in binary.
        let date = Date(timeIntervalSince1970: ((time * 1000).rounded() + 0.1) / 1000)
        return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
