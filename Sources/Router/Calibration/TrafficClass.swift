/// Queries whose losses are told apart: filtered ones, larger k and deeper searches lose otherwise.
struct TrafficClass: Sendable, Hashable, Codable {
    let isFiltered: Bool
    /// 1, up to 10, up to 30, up to 100.
    let kClass: Int
    /// Doublings of the lists looked into.
    let nprobeClass: Int

    /// Beyond it every missing candidate is fetched.
    static let mostK = 100

    init(k: Int, isFiltered: Bool, nprobe: Int) {
        self.isFiltered = isFiltered
        kClass = k <= 1 ? 0 : k <= 10 ? 1 : k <= 30 ? 2 : 3
        nprobeClass = Int.bitWidth - max(1, nprobe).leadingZeroBitCount - 1
    }
}
