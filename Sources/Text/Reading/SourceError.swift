/// Why a source of documents cannot be read any further.
public enum SourceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It cannot be opened or read.
    case unreadable(path: String, problem: String)
    /// Its bytes are not what they should be; `place` is a line and column, a record or a byte.
    case broken(path: String, place: String, problem: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let problem): "\(path) cannot be read: \(problem)"
        case .broken(let path, let place, let problem): "\(path), \(place): \(problem)"
        }
    }
}
