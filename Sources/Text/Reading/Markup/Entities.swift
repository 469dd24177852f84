/// The entities of HTML that texts are full of, as the characters they stand for.
enum Entities {
    private static let named: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ndash": "\u{2013}",
        "mdash": "\u{2014}", "minus": "\u{2212}", "hellip": "\u{2026}", "lsquo": "\u{2018}", "rsquo": "\u{2019}",
        "ldquo": "\u{201C}", "rdquo": "\u{201D}", "laquo": "\u{AB}", "raquo": "\u{BB}", "times": "\u{D7}",
        "deg": "\u{B0}", "middot": "\u{B7}", "bull": "\u{2022}", "thinsp": " ", "ensp": " ", "emsp": " ", "shy": "",
        "zwnj": "", "zwj": "", "pound": "\u{A3}", "euro": "\u{20AC}", "cent": "\u{A2}", "sect": "\u{A7}",
        "copy": "\u{A9}", "reg": "\u{AE}", "trade": "\u{2122}", "plusmn": "\u{B1}", "frac12": "\u{BD}",
        "frac14": "\u{BC}", "frac34": "\u{BE}", "sup2": "\u{B2}", "sup3": "\u{B3}", "micro": "\u{B5}",
        "alpha": "\u{3B1}", "beta": "\u{3B2}", "gamma": "\u{3B3}", "delta": "\u{3B4}", "pi": "\u{3C0}",
        "mu": "\u{3BC}", "sigma": "\u{3C3}", "lambda": "\u{3BB}", "omega": "\u{3C9}", "Omega": "\u{3A9}",
        "eacute": "\u{E9}", "egrave": "\u{E8}", "agrave": "\u{E0}", "aacute": "\u{E1}", "ouml": "\u{F6}",
        "uuml": "\u{FC}", "auml": "\u{E4}", "Ouml": "\u{D6}", "Uuml": "\u{DC}", "Auml": "\u{C4}", "szlig": "\u{DF}",
        "ccedil": "\u{E7}", "ntilde": "\u{F1}", "oslash": "\u{F8}", "aring": "\u{E5}", "aelig": "\u{E6}",
        "rarr": "\u{2192}", "larr": "\u{2190}", "infin": "\u{221E}", "ne": "\u{2260}", "le": "\u{2264}",
        "ge": "\u{2265}", "prime": "\u{2032}", "sum": "\u{2211}",
    ]
    private static let nameLimit = 10

    /// Appends what stands at `place`, where an ampersand is: the characters of an entity, or the ampersand. Gives the
    /// place behind it.
    static func append(_ bytes: [UInt8], at place: Int, to out: inout [UInt8]) -> Int {
        guard let (text, end) = character(in: bytes, at: place) else {
            out.append(bytes[place])
            return place + 1
        }
        out += Array(text.utf8)
        return end
    }

    /// The characters of the entity that begins at `place` with an ampersand, and the place behind it; nil if there is
    /// none.
    private static func character(in bytes: [UInt8], at place: Int) -> (text: String, end: Int)? {
        var end = place + 1
        while end < bytes.count, end - place <= nameLimit, bytes[end] != UInt8(ascii: ";") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: ";"), end > place + 1 else { return nil }
        let name = String(decoding: bytes[place + 1..<end], as: UTF8.self)
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let value =
                digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            guard let scalar = value.flatMap(Unicode.Scalar.init), scalar.value >= 0x20 else { return nil }
            return (scalar == "\u{A0}" ? " " : String(Character(scalar)), end + 1)
        }
        return named[name].map { ($0, end + 1) }
    }
}
