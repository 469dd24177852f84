/// A cold store that was opened by its address, and what belongs to it.
///
/// The scheme of an address says which module opens it; this is what each of them gives, so that those who use cold
/// stores need to know none of them.
public struct ColdConnection: Sendable {
    public let store: any ColdStore
    /// Nil where nothing is billed.
    public let meter: (any ColdMeter)?
    /// For people: the address, and where requests go.
    public let description: String

    public init(store: any ColdStore, meter: (any ColdMeter)?, description: String) {
        self.store = store
        self.meter = meter
        self.description = description
    }
}

extension ColdStore {
    /// What is at the store's place; made with the given dimension, metric and non-filterable keys if nothing is there.
    ///
    /// The description that comes back is that of what is there: it may be another than the wanted one.
    /// - Parameters:
    ///   - wanted: its creation time is not looked at.
    ///   - timeout: of each of at most three calls.
    /// - Returns: `wasMade` is false if it was there, or somebody else made it meanwhile.
    public func describeOrCreate(
        _ wanted: ColdDescription, timeout: Duration
    ) async throws(ColdError) -> (description: ColdDescription, wasMade: Bool) {
        do throws(ColdError) {
            return (try await describe(timeout: timeout), false)
        } catch .refused(status: 404, _, _) {
            // It is made below.
        }
        var wasMade = true
        do throws(ColdError) {
            try await create(wanted, timeout: timeout)
        } catch {
            // Who loses a race is refused, or told that the service failed: what counts is what is there now.
            guard error.mayHaveApplied || error.isConflict else { throw error }
            wasMade = false
        }
        return (try await describe(timeout: timeout), wasMade)
    }
}

extension ColdError {
    fileprivate var isConflict: Bool {
        if case .refused(status: 409, _, _) = self { true } else { false }
    }
}
