/// Letters without their accents, for text in lower case.
///
/// What Unicode decomposes into a letter and marks (NFD, Unicode 15) becomes the letter; a few letters that it does not
/// decompose become what people type for them where they have no such key. Marks that stand alone go, but for those of
/// scripts that write vowels with them.
enum Accents {
    /// Appends `value` without its accents to `out`.
    static func fold(_ value: UInt32, into out: inout [UInt8]) {
        switch value {
        case 0..<0x80: out.append(UInt8(truncatingIfNeeded: value))
        case 0x0300...0x036F, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE20...0xFE2F: return
        case 0x00DF: out += [0x73, 0x73]  // ss
        case 0x00E6, 0x01E3, 0x01FD: out += [0x61, 0x65]  // ae
        case 0x00FE: out += [0x74, 0x68]  // th
        case 0x0133: out += [0x69, 0x6A]  // ij
        case 0x0153: out += [0x6F, 0x65]  // oe
        case 0x00E0..<0x0530: out.append(scalar: UInt32(near[Int(value - 0x00E0)]))
        case 0x1E00..<0x2000: out.append(scalar: UInt32(far[Int(value - 0x1E00)]))
        default: out.append(scalar: value)
        }
    }

    private static let near = table(0x00E0..<0x0530)
    private static let far = table(0x1E00..<0x2000)

    private static func table(_ range: Range<UInt32>) -> [UInt16] {
        var out = range.map { UInt16(truncatingIfNeeded: $0) }
        for (letter, accented) in letters {
            guard let base = letter.unicodeScalars.first else { continue }
            for scalar in accented.unicodeScalars where range.contains(scalar.value) {
                out[Int(scalar.value - range.lowerBound)] = UInt16(truncatingIfNeeded: base.value)
            }
        }
        return out
    }

    private static let letters: [(letter: String, accented: String)] = [
        ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
        ("b", "ḃḅḇƀɓ"),
        ("c", "çćĉċčḉ"),
        ("d", "ďḋḍḏḑḓđð"),
        ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
        ("f", "ḟƒ"),
        ("g", "ĝğġģǧǵḡ"),
        ("h", "ĥȟḣḥḧḩḫẖħ"),
        ("i", "ìíîïĩīĭįǐȉȋḭḯỉịıɨ"),
        ("j", "ĵǰȷ"),
        ("k", "ķǩḱḳḵ"),
        ("l", "ĺļľḷḹḻḽłŀ"),
        ("m", "ḿṁṃ"),
        ("n", "ñńņňǹṅṇṉṋŋŉ"),
        ("o", "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợøǿ"),
        ("p", "ṕṗ"),
        ("r", "ŕŗřȑȓṙṛṝṟ"),
        ("s", "śŝşšșṡṣṥṧṩſẛ"),
        ("t", "ţťțṫṭṯṱẗŧ"),
        ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
        ("v", "ṽṿ"),
        ("w", "ŵẁẃẅẇẉẘ"),
        ("x", "ẋẍ"),
        ("y", "ýÿŷȳẏẙỳỵỷỹ"),
        ("z", "źżžẑẓẕ"),
        ("α", "άἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ"),
        ("ε", "έἐἑἒἓἔἕὲέ"),
        ("η", "ήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ"),
        ("ι", "ΐίϊἰἱἲἳἴἵἶἷὶίῐῑῒΐῖῗ"),
        ("ο", "όὀὁὂὃὄὅὸό"),
        ("ρ", "ῤῥ"),
        ("υ", "ΰϋύὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ"),
        ("ω", "ώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ"),
        ("а", "ӑӓ"),
        ("г", "ѓ"),
        ("е", "ѐёӗ"),
        ("ж", "ӂӝ"),
        ("з", "ӟ"),
        ("и", "йѝӣӥ"),
        ("к", "ќ"),
        ("о", "ӧ"),
        ("у", "ўӯӱӳ"),
        ("ч", "ӵ"),
        ("ы", "ӹ"),
        ("э", "ӭ"),
        ("і", "ї"),
        ("ѵ", "ѷ"),
        ("ә", "ӛ"),
        ("ө", "ӫ"),
    ]
}
