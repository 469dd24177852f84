/// How a bucket or an index is encrypted.
package struct EncryptionConfiguration: Equatable, Sendable, Codable {
    /// `AES256` or `aws:kms`; nil is as AES256.
    package var sseType: String?
    package var kmsKeyArn: String?

    package init(sseType: String? = nil, kmsKeyArn: String? = nil) {
        self.sseType = sseType
        self.kmsKeyArn = kmsKeyArn
    }

    package static let types = ["AES256", "aws:kms"]

    init(_ object: WireObject) {
        sseType = object.string("sseType", oneOf: Self.types)
        kmsKeyArn = object.string("kmsKeyArn", length: 1...2048)
    }

    func write(to out: inout WireWriter) {
        out.member("sseType", sseType)
        out.member("kmsKeyArn", kmsKeyArn)
    }
}

/// A metadata key that full-text search covers.
package struct TextSearchConfiguration: Equatable, Sendable, Codable {
    package var metadataKey: String
    package var language: String?
    /// `ACTIVE` or `BUILDING`; answers alone have it.
    package var status: String?

    package init(metadataKey: String, language: String? = nil, status: String? = nil) {
        self.metadataKey = metadataKey
        self.language = language
        self.status = status
    }

    package static let languages = ["en", "fr", "es", "pt", "it", "de", "nl", "zh", "ja", "ko"]

    init(_ object: WireObject) {
        metadataKey = object.requiredString("metadataKey", length: Limits.metadataKey)
        language = object.string("language", oneOf: Self.languages)
        status = object.string("status")
    }

    func write(to out: inout WireWriter) {
        out.object { out in
            out.member("metadataKey", metadataKey)
            out.member("language", language)
            out.member("status", status)
        }
    }
}

/// What of the metadata filters may not name, and what text search covers.
package struct MetadataConfiguration: Equatable, Sendable, Codable {
    package var nonFilterableMetadataKeys: [String]?
    package var textSearchConfigurations: [TextSearchConfiguration]?

    package init(
        nonFilterableMetadataKeys: [String]? = nil, textSearchConfigurations: [TextSearchConfiguration]? = nil
    ) {
        self.nonFilterableMetadataKeys = nonFilterableMetadataKeys
        self.textSearchConfigurations = textSearchConfigurations
    }

    init(_ object: WireObject) {
        nonFilterableMetadataKeys = object.strings(
            "nonFilterableMetadataKeys", count: Limits.nonFilterableKeys, length: Limits.metadataKey)
        textSearchConfigurations = object.objects(
            "textSearchConfigurations", count: Limits.textConfigurations, TextSearchConfiguration.init)
    }

    func write(to out: inout WireWriter) {
        out.member("nonFilterableMetadataKeys", nonFilterableMetadataKeys)
        out.array("textSearchConfigurations", textSearchConfigurations) { $0.write(to: &$1) }
    }
}

/// Names of the two modes of an index: whether filters work while (classic) or before it searches (enhanced).
package enum IndexMode: String, CaseIterable, Sendable, Codable {
    case classic = "CLASSIC"
    case enhanced = "ENHANCED"

    package static let names = allCases.map(\.rawValue)
}

/// Tags in the order of their text.
package struct Tags: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    package var pairs: [(key: String, value: String)]

    package init(_ pairs: [(key: String, value: String)]) { self.pairs = pairs }
    package init(dictionaryLiteral pairs: (String, String)...) { self.pairs = pairs.map { (key: $0.0, value: $0.1) } }

    package static func == (a: Tags, b: Tags) -> Bool {
        a.pairs.elementsEqual(b.pairs) { $0.key == $1.key && $0.value == $1.value }
    }
}
