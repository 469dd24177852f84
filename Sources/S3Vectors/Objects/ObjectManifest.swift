internal import Tiers
internal import Vectors

/// What a collection in plain S3 consists of: its packs, the oldest first. It is one object, replaced as a whole and
/// only if it is still the one that was read; that moment is when a write happens.
struct ObjectManifest: Sendable, Equatable {
    static let format = 1
    static let name = "manifest.json"

    var description: ColdDescription
    var packs: [PackShape] = []

    init(_ description: ColdDescription) { self.description = description }

    var bytes: [UInt8] {
        let packs = packs.map { pack in
            JSONValue.object([
                .init("name", .string(pack.name)), .init("entries", .integer(Int64(pack.entryCount))),
                .init("factsBytes", .integer(Int64(pack.factsByteCount))),
                .init("vectors", .integer(Int64(pack.vectorCount))),
                .init("directoryHash", .string(pack.directoryHash)),
            ])
        }
        let json = JSONValue.object([
            .init("format", .integer(Int64(Self.format))), .init("dimension", .integer(Int64(description.dimension))),
            .init("metric", .string(description.metric.rawValue)),
            .init("nonFilterableKeys", .array(description.nonFilterableKeys.map { .string($0) })),
            .init("creationTime", .number(description.creationTime)), .init("packs", .array(packs)),
        ])
        return Array(json.text.utf8)
    }

    /// - Throws: ``ColdError/strangeAnswer(what:)`` for what is no manifest, or one of a later format.
    init(_ bytes: [UInt8]) throws(ColdError) {
        func strange(_ what: String) -> ColdError { .strangeAnswer(what: "\(Self.name): \(what)") }
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(bytes: bytes) } catch { throw strange("\(error)") }
        guard let format = json["format"]?.count else { throw strange("no format in it") }
        guard format == Self.format else {
            throw strange("its format is \(format); this version of MemVec reads \(Self.format)")
        }
        guard let dimension = json["dimension"]?.count, Limits.dimension.contains(dimension),
            case .string(let metricName)? = json["metric"], let metric = Metric(rawValue: metricName),
            case .array(let keys)? = json["nonFilterableKeys"], let creationTime = json["creationTime"]?.double,
            case .array(let packs)? = json["packs"]
        else { throw strange("a member is missing or wrong") }
        let names = keys.compactMap { key in if case .string(let name) = key { name } else { nil } }
        description = ColdDescription(
            dimension: dimension, metric: metric, nonFilterableKeys: names, creationTime: creationTime)
        for pack in packs {
            guard case .string(let name)? = pack["name"], let entryCount = pack["entries"]?.count,
                let factsByteCount = pack["factsBytes"]?.count, let vectorCount = pack["vectors"]?.count,
                case .string(let hash)? = pack["directoryHash"], vectorCount <= entryCount
            else { throw strange("a pack is described wrongly") }
            self.packs.append(
                PackShape(
                    name: name, entryCount: entryCount, factsByteCount: factsByteCount, vectorCount: vectorCount,
                    directoryHash: hash))
        }
    }
}

extension JSONValue {
    /// A whole number from 0 to what 32 bits hold.
    fileprivate var count: Int? {
        guard case .integer(let value) = self, (0...Int64(UInt32.max)).contains(value) else { return nil }
        return Int(value)
    }
}
