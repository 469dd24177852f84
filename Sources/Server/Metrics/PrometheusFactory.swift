internal import CoreMetrics
internal import Synchronization

/// Keeps what swift-metrics is told and writes it as Prometheus reads it (text format 0.0.4).
///
/// A series is there from its first handle on and stays until that is destroyed. What swift-metrics calls a timer is a
/// histogram in seconds; recorders keep their last value, as gauges do.
final class PrometheusFactory: MetricsFactory {
    private struct Family {
        let kind: String
        /// By their labels as they are written.
        var series: [String: any PrometheusSeries] = [:]
    }

    private let help: [String: String]
    private let bounds: [Double]
    private let families = Mutex<[String: Family]>([:])

    /// - Parameters:
    ///   - help: what is said of each metric, by its name.
    ///   - bounds: of the histograms, in seconds, ascending; one above the last is added.
    init(help: [String: String], bounds: [Double]) {
        self.help = help
        self.bounds = bounds
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, kind: "counter") { CountSeries() }
    }

    func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, kind: "counter") { SumSeries() }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, kind: "gauge") { GaugeSeries() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(label, dimensions, kind: "gauge") { GaugeSeries() }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, kind: "histogram") { HistogramSeries(bounds: bounds) }
    }

    func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    /// The series of that name and these labels: the same for all who ask. One whose name is taken by another kind
    /// counts for itself and is not shown: a family has one kind.
    private func series<S: PrometheusSeries>(
        _ name: String, _ labels: [(String, String)], kind: String, _ make: () -> S
    ) -> S {
        let name = Self.name(name), labels = Self.text(labels)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            if let found = family.series[labels] { return found as? S ?? make() }
            let made = make()
            guard family.kind == kind else { return made }
            family.series[labels] = made
            families[name] = family
            return made
        }
    }

    private func forget(_ handler: AnyObject) {
        families.withLock { families in
            families = families.mapValues { family in
                Family(kind: family.kind, series: family.series.filter { $0.value !== handler })
            }
        }
    }

    // What is read of a series makes none: it is 0 or nil until something was told.

    func count(_ name: String, _ labels: [(String, String)]) -> Int { (find(name, labels) as? CountSeries)?.now ?? 0 }

    func sum(_ name: String, _ labels: [(String, String)]) -> Double { (find(name, labels) as? SumSeries)?.now ?? 0 }

    func histogram(_ name: String, _ labels: [(String, String)]) -> HistogramSeries? {
        find(name, labels) as? HistogramSeries
    }

    private func find(_ name: String, _ labels: [(String, String)]) -> (any PrometheusSeries)? {
        let name = Self.name(name), labels = Self.text(labels)
        return families.withLock { $0[name]?.series[labels] }
    }

    /// All that is known now, sorted by name and labels.
    var text: String {
        let families = families.withLock { $0 }
        var out = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = help[name] { out += "# HELP \(name) \(help)\n" }
            out += "# TYPE \(name) \(family.kind)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name, labels, to: &out)
            }
        }
        return out
    }

    /// Letters, digits, `_` and `:`, no digit first.
    private static func name(_ label: String) -> String {
        var out = label.utf8.first.map { (0x30...0x39).contains($0) } ?? true ? "_" : ""
        for scalar in label.unicodeScalars {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            out.unicodeScalars.append(isPlain || scalar == "_" || scalar == ":" ? scalar : "_")
        }
        return out
    }

    private static func text(_ labels: [(String, String)]) -> String {
        labels.map { label in
            var value = ""
            for scalar in label.1.unicodeScalars {
                switch scalar {
                case "\\": value += "\\\\"
                case "\"": value += "\\\""
                case "\n": value += "\\n"
                default: value.unicodeScalars.append(scalar)
                }
            }
            return "\(name(label.0))=\"\(value)\""
        }.joined(separator: ",")
    }
}
