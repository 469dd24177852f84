/// Times as AWS's services and files write them.
enum Timestamp {
    /// Seconds since 1970 of an ISO 8601 time ("2026-11-26T03:04:05Z", with a fraction, "+01:00" or "UTC" at its end);
    /// nil for anything else. A time without a zone is UTC.
    static func seconds(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = bytes[19...]
        var fraction = 0.0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard let value = Double("0." + String(decoding: digits, as: UTF8.self)) else { return nil }
            fraction = value
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(rest) else { return nil }
        let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Double(seconds) + fraction
    }

    /// "2026-11-26T03:04:05Z", the fraction cut off.
    static func text(_ seconds: Double) -> String {
        guard seconds.magnitude < 1e11 else { return text(0) }
        let text = Array(SigningTime(seconds: Int(seconds.rounded(.down))).text)
        guard text.count == 16 else { return String(text) }
        return "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8]))T"
            + "\(String(text[9..<11])):\(String(text[11..<13])):\(String(text[13..<15]))Z"
    }

    /// Seconds that the zone is ahead of UTC.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        let text = String(decoding: zone, as: UTF8.self)
        if ["", "Z", "z", "UTC"].contains(text) { return 0 }
        let digits = zone.dropFirst().filter { $0 != UInt8(ascii: ":") }
        guard text.hasPrefix("+") || text.hasPrefix("-"), digits.count == 4, let hours = number(digits[0..<2]),
            let minutes = number(digits[2..<4])
        else { return nil }
        return (text.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Years begin in March here, so that the leap day is the last.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let days = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + days - 719_468
    }
}
