public import Storage

/// A snapshot of an index of any kind.
public enum IndexFile {
    /// Opens a snapshot as the kind that its side file names (``SideFile``).
    /// - Throws: ``IndexError/damagedSnapshot(path:why:)``.
    public static func open(
        _ path: String, training: UInt32, dimension: Int, gate: EpochGate
    ) throws(IndexError) -> any CandidateIndex {
        switch try SideFile.open(of: path).kind {
        case .ivfpq: try IVFPQIndex.open(path, training: training, dimension: dimension, gate: gate)
        case .flat: try FlatIndex.open(path, training: training, dimension: dimension)
        case .graph: try GraphIndex.open(path, training: training, dimension: dimension)
        case .registered: try CodeSnapshot.open(path, training: training, dimension: dimension)
        }
    }
}
