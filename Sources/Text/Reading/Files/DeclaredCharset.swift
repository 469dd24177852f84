internal import CMarkup

/// The charset that a page of HTML names at its head, and bytes in it.
///
/// The unsafe code here is sound: what is decoded is copied before it is freed.
enum DeclaredCharset {
    /// How far it is looked for; browsers look through 1,024 bytes.
    private static let lookedByteCount = 4096

    /// The page in the charset that it declares; nil where it declares none that is known, or UTF-8.
    static func string(_ bytes: [UInt8]) -> String? {
        guard let name = name(in: bytes), let charset = charset(called: name) else { return nil }
        var count = 0
        guard let decoded = unsafe mvx_decode(charset, bytes, bytes.count, &count) else { return nil }
        defer { unsafe mvx_free_decoded(decoded) }
        return unsafe String(decoding: UnsafeBufferPointer(start: decoded, count: count), as: UTF8.self)
    }

    /// What stands in the first `<meta charset=NAME>`, in one with `http-equiv` and `charset=NAME` in its content, or
    /// in `<?xml encoding="NAME"?>`; in lower case.
    static func name(in bytes: [UInt8]) -> String? {
        let head = bytes.prefix(lookedByteCount).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        var at = 0
        while let start = head[at...].firstIndex(of: UInt8(ascii: "<")) {
            let rest = head[start...]
            at = start + 1
            if rest.starts(with: "<!--".utf8) {
                at = place(behind: "-->", in: rest) ?? head.count
                continue
            }
            let isMeta = rest.starts(with: "<meta".utf8)
            guard isMeta || rest.starts(with: "<?xml".utf8) else { continue }
            let tag = rest.prefix { $0 != UInt8(ascii: ">") }
            // A description may say "charset=", too.
            let isOther = place(behind: "content", in: tag) != nil && place(behind: "http-equiv", in: tag) == nil
            if !isOther, let name = value(of: isMeta ? "charset" : "encoding", in: tag) { return name }
        }
        return nil
    }

    private static func value(of attribute: String, in tag: ArraySlice<UInt8>) -> String? {
        var rest = tag
        while let behind = place(behind: attribute, in: rest) {
            rest = tag[behind...].drop(while: UTF8Text.isSpace)
            guard rest.first == UInt8(ascii: "=") else { continue }
            let quotes = [UInt8(ascii: "\""), UInt8(ascii: "'")]
            let value = rest.dropFirst().drop { UTF8Text.isSpace($0) || quotes.contains($0) }
            let name = value.prefix { !UTF8Text.isSpace($0) && !quotes.contains($0) && $0 != UInt8(ascii: ";") }
            return String(decoding: name, as: UTF8.self)
        }
        return nil
    }

    private static func place(behind word: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let word = Array(word.utf8)
        for start in bytes.indices where bytes[start...].starts(with: word) { return start + word.count }
        return nil
    }

    /// As iconv calls it. Names are those of the Encoding Standard (whatwg.org), which browsers go by: what says
    /// Latin-1 is Windows-1252, and so on.
    private static func charset(called name: String) -> String? {
        if let charset = byName[name] { return charset }
        for (beginning, charset, numbers) in numbered where name.hasPrefix(beginning) {
            guard let number = Int(name.dropFirst(beginning.count)), numbers.contains(number) else { continue }
            return charset + "\(number)"
        }
        return nil
    }

    private static let numbered: [(String, String, ClosedRange<Int>)] = [
        ("windows-125", "CP125", 0...8), ("cp125", "CP125", 0...8), ("x-cp125", "CP125", 0...8),
        ("iso-8859-", "ISO-8859-", 2...8), ("iso8859-", "ISO-8859-", 2...8), ("iso_8859-", "ISO-8859-", 2...8),
        ("iso-8859-", "ISO-8859-", 10...10), ("iso-8859-", "ISO-8859-", 13...16),
    ]

    private static let byName: [String: String] = {
        let names: [(charset: String, names: String)] = [
            ("CP1252", "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ascii us-ascii ansi_x3.4-1968"),
            ("CP1254", "iso-8859-9 iso8859-9 iso_8859-9 latin5 l5"),
            ("CP874", "windows-874 tis-620 iso-8859-11 iso8859-11 dos-874"),
            ("ISO-8859-2", "latin2 l2"), ("ISO-8859-5", "cyrillic"), ("ISO-8859-7", "greek"),
            ("KOI8-R", "koi8-r koi8 koi koi8_r"), ("KOI8-U", "koi8-u koi8-ru"), ("IBM866", "ibm866 cp866 866"),
            ("MACINTOSH", "macintosh mac x-mac-roman"), ("MAC-CYRILLIC", "x-mac-cyrillic x-mac-ukrainian"),
            ("CP932", "shift_jis shift-jis sjis x-sjis ms_kanji ms932 windows-31j"),
            ("EUC-JP", "euc-jp x-euc-jp"), ("ISO-2022-JP", "iso-2022-jp"),
            ("GB18030", "gb18030 gbk x-gbk gb2312 gb_2312 gb_2312-80 chinese"),
            ("BIG5-HKSCS", "big5 big5-hkscs cn-big5 x-x-big5"),
            ("CP949", "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949"),
        ]
        var out: [String: String] = [:]
        for (charset, names) in names {
            for name in names.split(separator: " ") { out[String(name)] = charset }
        }
        return out
    }()
}
