/// What a snapshot consists of: written beside its number into the store, checked when it is opened.
public struct SnapshotInfo: Sendable, Codable, Equatable {
    public struct File: Sendable, Codable, Equatable {
        /// Without the folder.
        public let name: String
        public let byteCount: Int
        public let checksum: UInt64
    }

    public let files: [File]
    public let training: UInt32
    public let rowCount: Int
    public let factory: String
}
