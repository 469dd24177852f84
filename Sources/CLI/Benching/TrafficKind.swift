import ArgumentParser

/// What a load test asks, as `--workload` says it.
enum TrafficKind: Equatable, CustomStringConvertible, ExpressibleByArgument {
    /// Around vectors drawn by Zipf's law, each query with noise of its own.
    case zipf
    /// Zipf's law, but every 50 queries a hot and a cold vector swap places.
    case drift
    /// Four phases, in each of which others are hot.
    case abrupt
    /// Each vector is as likely.
    case uniform
    /// Zipf's law, with three times the noise.
    case noisy
    /// The vectors of a file, in its order.
    case log(path: String)
    /// The numbers of a file (uint32, little-endian), each of which stands for a vector.
    case trace(path: String)

    init?(argument: String) {
        switch argument {
        case "zipf": self = .zipf
        case "drift": self = .drift
        case "abrupt": self = .abrupt
        case "uniform": self = .uniform
        case "noisy": self = .noisy
        default:
            guard let colon = argument.firstIndex(of: ":") else { return nil }
            let path = String(argument[argument.index(after: colon)...])
            guard !path.isEmpty else { return nil }
            switch argument[..<colon] {
            case "log": self = .log(path: path)
            case "trace": self = .trace(path: path)
            default: return nil
            }
        }
    }

    var description: String {
        switch self {
        case .zipf: "zipf"
        case .drift: "drift"
        case .abrupt: "abrupt"
        case .uniform: "uniform"
        case .noisy: "noisy"
        case .log(let path): "log:\(path)"
        case .trace(let path): "trace:\(path)"
        }
    }
}
