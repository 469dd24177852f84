internal import CoreMetrics
internal import Synchronization

/// Gauges that each index has its own of, labelled by bucket and index, from the first number until the index goes.
final class IndexGauges: Sendable {
    private let names: [String]
    private let factory: PrometheusFactory
    private let meters = Mutex<[IndexName: [Meter]]>([:])

    init(_ descriptions: [MetricDescription], _ factory: PrometheusFactory) {
        names = descriptions.filter { $0.kind == .gauge }.map(\.name)
        self.factory = factory
    }

    /// - Parameter values: in the order of the descriptions.
    func set(_ values: [Double], of index: IndexName) {
        let found = meters.withLock { meters in
            let found =
                meters[index]
                ?? names.map {
                    Meter(label: $0, dimensions: [("bucket", index.bucket), ("index", index.index)], factory: factory)
                }
            meters[index] = found
            return found
        }
        for (meter, value) in zip(found, values) { meter.set(value) }
    }

    func forget(_ index: IndexName) { forget { $0 == index } }

    func forget(where isGone: (IndexName) -> Bool) {
        let gone = meters.withLock { meters in
            let gone = meters.keys.filter(isGone)
            return gone.flatMap { meters.removeValue(forKey: $0) ?? [] }
        }
        for meter in gone { meter.destroy() }
    }
}
