internal import Synchronization

/// How far this machine's clock is behind the service's: signatures hold for minutes, and the service, which says its
/// time in each answer, refuses those of a clock that is wrong.
final class ClockOffset: Sendable {
    private let seconds = Mutex(0.0)

    var value: Double { seconds.withLock { $0 } }

    /// Codes that a wrong clock gets.
    static let codes: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "InvalidSignatureException",
        "SignatureDoesNotMatch", "AuthFailure",
    ]

    /// Takes the service's time for right if it is more than four minutes from ours.
    ///
    /// - Parameters:
    ///   - date: of the answer's header.
    ///   - now: of this machine, seconds since 1970.
    /// - Returns: whether the next request will be signed with another time.
    func learn(date: String?, now: Double) -> Bool {
        guard let date, let theirs = Self.seconds(ofHTTPDate: date) else { return false }
        return seconds.withLock { offset in
            guard abs(theirs - (now + offset)) > 240 else { return false }
            offset = theirs - now
            return true
        }
    }

    /// "Thu, 26 Nov 2026 03:04:05 GMT" in seconds since 1970; nil for anything else.
    static func seconds(ofHTTPDate text: String) -> Double? {
        let parts = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let day = parts[1].count == 1 ? "0\(parts[1])" : String(parts[1])
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp.seconds("\(parts[3])-\(number)-\(day)T\(parts[4])Z")
    }
}
