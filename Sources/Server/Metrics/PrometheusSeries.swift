internal import CoreMetrics
internal import Synchronization

/// One line of numbers, or one histogram, as it is counted and as it is written.
protocol PrometheusSeries: AnyObject, Sendable {
    /// - Parameter labels: as they stand between the braces.
    func write(_ name: String, _ labels: String, to out: inout String)
}

extension PrometheusSeries {
    fileprivate func line(_ name: String, _ labels: String, _ value: some CustomStringConvertible) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}

/// Counts.
final class CountSeries: CounterHandler, PrometheusSeries {
    private let count = Atomic<Int64>(0)

    var now: Int { Int(count.load(ordering: .relaxed)) }

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: String, to out: inout String) {
        out += line(name, labels, count.load(ordering: .relaxed))
    }
}

/// Adds fractions up.
final class SumSeries: FloatingPointCounterHandler, PrometheusSeries {
    private let sum = Mutex(0.0)

    var now: Double { sum.withLock { $0 } }

    func increment(by amount: Double) { sum.withLock { $0 += amount } }
    func reset() { sum.withLock { $0 = 0 } }
    func write(_ name: String, _ labels: String, to out: inout String) {
        out += line(name, labels, sum.withLock { $0 })
    }
}

/// Holds a value that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler, PrometheusSeries {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
    func write(_ name: String, _ labels: String, to out: inout String) {
        out += line(name, labels, value.withLock { $0 })
    }
}

/// Counts durations by size.
final class HistogramSeries: TimerHandler, PrometheusSeries {
    private struct State {
        /// Each bucket for itself; the last is for what is above all bounds.
        var counts: [Int]
        var nanoseconds: Int64 = 0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(duration) / 1e9
        let bucket = bounds.firstIndex { seconds <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.nanoseconds &+= duration
        }
    }

    var count: Int { state.withLock { $0.counts.reduce(0, +) } }

    /// Seconds within which a share of all was, as Prometheus reckons it: on a straight line between the bounds of a
    /// bucket, and at the last bound for what is above it. Nil where nothing was counted.
    func quantile(_ share: Double) -> Double? {
        let counts = state.withLock { $0.counts }
        let rank = share * Double(counts.reduce(0, +))
        var below = 0.0
        for (position, count) in counts.enumerated() where count > 0 {
            if below + Double(count) >= rank {
                guard position < bounds.count else { return bounds.last }
                let lower = position == 0 ? 0 : bounds[position - 1]
                return lower + (bounds[position] - lower) * max(0, rank - below) / Double(count)
            }
            below += Double(count)
        }
        return nil
    }

    func write(_ name: String, _ labels: String, to out: inout String) {
        let state = state.withLock { $0 }
        let comma = labels.isEmpty ? "" : labels + ","
        var below = 0
        for (position, count) in state.counts.enumerated() {
            below += count
            let bound = position < bounds.count ? "\(bounds[position])" : "+Inf"
            out += line(name + "_bucket", "\(comma)le=\"\(bound)\"", below)
        }
        out += line(name + "_sum", labels, Double(state.nanoseconds) / 1e9)
        out += line(name + "_count", labels, below)
    }
}
