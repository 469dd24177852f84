internal import Glibc
internal import Index
public import Router
internal import Storage
internal import Tiers
internal import Vectors

/// What a collection holds and what it costs in memory and on disk.
public struct CollectionStatistics: Sendable {
    /// Values of each vector.
    public var dimension = 0
    /// The distance that answers go by.
    public var metric = Metric.cosine
    /// Keys that are there.
    public var liveCount = 0
    /// Rows given so far in this generation; what is not live of them is dead.
    public var rowsGiven = 0
    /// Rows that were overwritten or deleted and whose place is still taken.
    public var deadCount: Int { rowsGiven - liveCount }
    /// Number of the last transaction of the store.
    public var commitNumber: UInt64 = 0
    /// Entries behind the snapshot: replayed at the next open.
    public var journalCount = 0
    /// Memory and disk by what takes it.
    public var bytes = Bytes()
    /// What is where, and how much of it may be.
    public var tiers = TierPart()
    /// Nil where queries scan.
    public var index: IndexPart?
    /// Nil of a local collection.
    public var remote: RemotePart?

    /// What stands behind a remote collection, and what it has cost.
    public struct RemotePart: Sendable {
        /// Where the remote is, such as `s3vectors://media/films`.
        public var address = ""
        /// Whether all that the remote held at first is known here.
        public var isAttached = false
        /// Seconds since 1970, of the start of the last attach or sync that came to its end.
        public var comparedAt: Double?
        /// US dollars that it took.
        public var comparedDollars: Double?
        /// Writes that the remote has not confirmed.
        public var intentCount = 0
        /// US dollars a day that queries may cost at the remote, and what is left of today's; nil where nothing is
        /// bounded.
        public var coldBudget: Double?
        /// US dollars that are left of today's ``coldBudget``; nil where nothing is bounded.
        public var leftToday: Double?
        /// Of all opens so far, as they were written down last.
        public var spending = Spending.Sums()
        /// How well the retained recall that is promised is kept.
        public var calibration = CalibrationStatus()
    }

    /// Bytes by what takes them.
    public struct Bytes: Sendable {
        /// As allocated.
        public var index = 0
        /// The bits that tell live rows from dead ones.
        public var liveRows = 0
        /// 16 bytes a row: where it is, how hot it is.
        public var residency = 0
        /// Slab of the RAM tier as far as slots were ever used, and what its policy keeps beside it.
        public var ramSlots = 0
        /// What the policy of the RAM tier keeps beside the slots.
        public var ramPolicy = 0
        /// The warm file on the SSD; 0 in a local collection.
        public var warmFile = 0
        /// The table of where blocks lie in the store's map.
        public var blockTable = 0
        /// The store's file as allocated on disk.
        public var storeFile = 0
        /// Anonymous memory of the whole process, as the kernel counts it (RssAnon).
        public var processAnonymous = 0
    }

    /// The index as it is in use.
    public struct IndexPart: Sendable {
        /// As FAISS's factory spells it, such as `IVF4000,PQ64`.
        public var factory = ""
        /// Number of the training: 1 for the first.
        public var training = 0
        /// Rows that are in it.
        public var rowCount = 0
        /// Recall aimed at, and what the curve says of the setting that is used; nil when none reaches it.
        public var target = 0.0
        /// What the curve says of the setting that is used; nil when none reaches the target.
        public var chosen: RecallPoint?
        /// What every setting that was measured reached.
        public var curve: [RecallPoint] = []
        /// Rows of the collection that the curve was measured by.
        public var heldOutCount = 0
    }

    /// What one setting reached when the curve was measured.
    public struct RecallPoint: Sendable {
        /// Lists looked into.
        public let nprobe: Int
        /// Candidates looked at.
        public let candidates: Int
        /// Recall@10 against exact answers.
        public let recall: Double
        /// The bound above which it lies at 95 %.
        public let lowerBound: Double
    }
}

extension VectorCollection {
    /// What the collection holds and takes now. Costs a read of the counters; nothing is scanned.
    /// - Throws: ``MemVecError/closed``.
    public func statistics() throws -> CollectionStatistics {
        let engine = try engine()
        var out = CollectionStatistics()
        let counters = engine.store.counters
        out.dimension = dimension
        out.metric = metric
        out.liveCount = Int(counters.liveCount)
        out.rowsGiven = Int(counters.nextRow)
        out.commitNumber = counters.commitNumber
        out.bytes.liveRows = engine.store.live.byteCount
        let tiers = engine.tiers.statistics
        out.bytes.residency = tiers.residencyBytes
        out.bytes.ramSlots =
            tiers.ram.slotCount == 0 ? 0 : tiers.ram.slabBytes / tiers.ram.slotCount * tiers.ram.usedCount
        out.bytes.ramPolicy = tiers.ram.overheadBytes
        out.bytes.warmFile = tiers.warm?.fileBytes ?? 0
        out.bytes.blockTable = engine.store.blockTable.byteCount
        out.bytes.storeFile = Files.bytesOnDisk(engine.store.path)
        out.bytes.processAnonymous = ProcessMemory.anonymousBytes
        let note = try engine.snapshotNote()
        out.journalCount = Int(counters.journalNext - 1 - min(note?.sequence ?? 0, counters.journalNext - 1))
        out.remote = try remotePart(engine)
        out.tiers = tierPart(engine, tiers)
        guard let state = engine.index else { return out }
        out.bytes.index = state.index.byteCount
        let target = settings.indexTarget(everythingAtHand: engine.file.cold == nil)
        var part = CollectionStatistics.IndexPart()
        part.factory = state.index.factory
        part.training = Int(state.index.training)
        part.rowCount = state.index.rowCount
        part.target = target
        part.chosen = state.curve?.choose(target: target).map(Self.point)
        part.curve = state.curve?.points.map(Self.point) ?? []
        part.heldOutCount = state.curve?.queryCount ?? 0
        out.index = part
        return out
    }

    /// What is promised of retained recall and how well it is kept; nil of a local collection.
    public var calibration: CalibrationStatus? {
        get throws { try engine().calibration?.status }
    }

    /// What queries have cost at the remote, in all opens, beside what it alone would have taken; nil of a local
    /// collection.
    public var spending: Spending.Sums? {
        get throws {
            let engine = try engine()
            return engine.file.cold == nil ? nil : engine.spending.sums
        }
    }

    private func remotePart(_ engine: Engine) throws -> CollectionStatistics.RemotePart? {
        guard let address = engine.file.cold else { return nil }
        var part = CollectionStatistics.RemotePart()
        let note = try engine.remoteNote()
        part.address = address
        part.isAttached = try isAttached
        part.comparedAt = note?.comparedAt
        part.comparedDollars = note?.comparedDollars
        part.intentCount = Int(engine.store.counters.intentCount)
        part.calibration = try calibration ?? CalibrationStatus()
        part.coldBudget = settings.coldBudget
        part.leftToday = engine.spending.leftToday
        part.spending = isReadOnly ? try Engine.savedSums(engine.store) : engine.spending.sums
        return part
    }

    private static func point(_ point: RecallCurve.Point) -> CollectionStatistics.RecallPoint {
        .init(nprobe: point.nprobe, candidates: point.candidates, recall: point.recall, lowerBound: point.lowerBound)
    }
}

/// What the kernel says of this process.
enum ProcessMemory {
    /// RssAnon of /proc/self/status in bytes; 0 where it cannot be read.
    static var anonymousBytes: Int {
        guard let bytes = try? Files.read("/proc/self/status") else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("RssAnon:") {
            return (Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0) * 1024
        }
        return 0
    }
}
