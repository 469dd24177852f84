/// Numbers as people read them.
enum NumberText {
    /// `1,234,567`.
    static func count(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// With so many decimals, rounded half away from zero; `-` for what is not finite.
    static func fixed(_ number: Double, _ decimals: Int) -> String {
        precondition((0...9).contains(decimals), "\(decimals) decimals")
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (number.magnitude * scale).rounded()
        guard scaled.isFinite, scaled < 1e18 else { return number.isFinite ? "\(number)" : "-" }
        let whole = UInt64(scaled), unit = UInt64(scale)
        var text = number < 0 && whole > 0 ? "-" : ""
        text += String(whole / unit)
        guard decimals > 0 else { return text }
        let fraction = String(whole % unit)
        return text + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// `512 B`, `1.5 MiB`.
    static func bytes(_ count: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard count.magnitude >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024, unit = 0
        while value.magnitude >= 1023.95, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(fixed(value, 1)) \(units[unit])"
    }

    /// `0.25 s`, `42 s`, `3 min 20 s`, `2 h 5 min`.
    static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "-" }
        if seconds < 10 { return "\(fixed(seconds, 2)) s" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// `12.5 %` of 1.
    static func percent(_ share: Double) -> String { "\(fixed(100 * share, 1)) %" }

    /// `1 vector`, `2 vectors`.
    static func counted(_ number: Int, _ word: String) -> String {
        "\(count(number)) \(word)\(number == 1 ? "" : "s")"
    }
}
