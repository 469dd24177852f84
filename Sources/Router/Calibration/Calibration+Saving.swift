internal import FoundationEssentials
internal import Storage
internal import Synchronization

/// The file `calibration` beside `heat`: JSON, a hint as that is. One that cannot be read, or belongs to another
/// training or generation of rows, is as none.
extension Calibration {
    /// The file's name in the folder of a generation.
    public static let fileName = "calibration"

    private struct Saved: Codable {
        var version = 4
        let training: UInt32
        let dimension: Int
        /// Distribution of the model's Z.
        let counts: [Double]
        let meanError: Double
        let records: [Record]

        struct Record: Codable {
            let traffic: TrafficClass
            let allowed: Double
            /// Little-endian, ``RiskLevels/count`` values of 16 bits a curve, the oldest first.
            let curves: Data
            /// For each curve 1 where its query fetched all for want of audits, else 0.
            let firsts: Data
            /// Of the level, 0 to 1.
            let brake: Double
            let bias: ModelBias
            let losses: LossSums
            let certificates: [Mark]
            let extraKeys: Int
            let dollars: Double
        }

        struct Mark: Codable {
            let mark: Double
            let logCapital: Double
            let isReached: Bool
        }
    }

    /// - Throws: `StorageError` when it cannot be written; what was there before stays.
    public func save(to path: String) throws {
        let allowed = 1 - target
        let saved: Saved? = state.withLock { state in
            guard state.model.total > 0 else { return nil }
            return Saved(
                training: state.training, dimension: dimension, counts: state.model.counts,
                meanError: state.model.meanError,
                records: state.records.map { traffic, record in
                    let entries = record.window.entries, shares = entries.flatMap(\.curve.shares)
                    return Saved.Record(
                        traffic: traffic, allowed: allowed,
                        curves: Data(shares.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }),
                        firsts: Data(entries.map { $0.isFirst ? 1 : 0 }), brake: record.brake, bias: record.bias,
                        losses: record.losses,
                        certificates: record.certificates.map {
                            .init(mark: $0.mark, logCapital: $0.saved.logCapital, isReached: $0.saved.isReached)
                        }, extraKeys: record.extraKeys, dollars: record.dollars)
                })
        }
        guard let saved else { return }
        try Files.writeAtomically([UInt8](JSONEncoder().encode(saved)), to: path)
    }

    /// Takes over what `path` holds, if it belongs to `training`.
    public func load(from path: String, training: UInt32) {
        guard let bytes = (try? Files.read(path)).flatMap({ $0 }),
            let saved = try? JSONDecoder().decode(Saved.self, from: Data(bytes)), saved.version == 4,
            saved.training == training, saved.dimension == dimension,
            let model = ErrorModel(dimension: dimension, counts: saved.counts, meanError: saved.meanError)
        else { return }
        let allowed = 1 - target
        var records: [TrafficClass: AuditRecord] = [:]
        for record in saved.records {
            guard let curves = Self.curves(record.curves), curves.count == record.firsts.count, record.losses.isSound,
                record.bias.isSound
            else { return }
            let entries = zip(curves, record.firsts).map { RiskWindow.Entry(curve: $0, isFirst: $1 != 0) }
            // Certificates are of what was promised then.
            let isSame = abs(record.allowed - allowed) < 1e-9
            records[record.traffic] = AuditRecord(
                allowed: allowed, entries: entries, brake: record.brake, bias: record.bias,
                losses: isSame ? record.losses : LossSums(),
                certificates: isSame
                    ? record.certificates.map {
                        Certificate(mark: $0.mark, logCapital: $0.logCapital, isReached: $0.isReached)
                    } : [], extraKeys: record.extraKeys, dollars: record.dollars)
        }
        let found = records
        state.withLock { state in
            state = Self.fresh(dimension, training, state.random)
            state.model = model
            state.table = model.isReady ? model.table : nil
            state.countAtTable = model.total
            state.records = found
        }
    }

    private static func curves(_ data: Data) -> [LossCurve]? {
        let bytes = [UInt8](data), length = 2 * RiskLevels.count
        guard bytes.count % length == 0 else { return nil }
        let shares = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        return stride(from: 0, to: shares.count, by: RiskLevels.count).compactMap {
            LossCurve(saved: shares[$0..<$0 + RiskLevels.count])
        }
    }
}

extension LossSums {
    var isSound: Bool { [count, sum, squares].allSatisfy { $0 >= 0 && $0 < 1e15 } }
}
