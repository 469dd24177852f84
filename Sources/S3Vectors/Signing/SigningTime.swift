/// A moment as signatures write it, `20260102T030405Z`, whole seconds since 1970 inside.
package struct SigningTime: Equatable, Comparable, Sendable {
    package let seconds: Int

    package init(seconds: Int) { self.seconds = seconds }

    /// Nil for what is not written so, or is no date.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), (1...12).contains(month), hour < 24,
            minute < 60, second < 60
        else { return nil }
        let days = Self.days(year, month, day)
        guard Self.date(days) == (year, month, day) else { return nil }
        seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// `20260102`.
    package var day: String {
        let (year, month, day) = Self.date((seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400)
        return Self.digits(year, 4) + Self.digits(month, 2) + Self.digits(day, 2)
    }

    /// `20260102T030405Z`.
    package var text: String {
        let second = (seconds % 86_400 + 86_400) % 86_400
        return day + "T" + Self.digits(second / 3600, 2) + Self.digits(second / 60 % 60, 2)
            + Self.digits(second % 60, 2) + "Z"
    }

    package static func < (a: SigningTime, b: SigningTime) -> Bool { a.seconds < b.seconds }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    // The Gregorian calendar counted from March, so that the leap day is a year's last (H. Hinnant, "chrono-Compatible
    // Low-Level Date Algorithms").
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
