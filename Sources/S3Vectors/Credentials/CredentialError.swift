/// Why there are no credentials, or no settings. Each names the place and what to do there.
package enum CredentialError: Error, Equatable, Sendable {
    /// No source has any; `looked` says of each why not.
    case nothingFound(looked: [String])
    case noRegion
    case profileMissing(name: String, files: [String])
    /// Half of what belongs together.
    case incomplete(missing: String, place: String)
    case unreadable(path: String, reason: String)
    case malformed(place: String, what: String)
    /// A setting that is known and not followed.
    case unsupported(setting: String, place: String, instead: String)
    case expired(what: String, instead: String)
    /// Profiles whose source profiles lead back to the first.
    case roleLoop(profiles: [String])
    case processFailed(command: String, reason: String)
    /// The service that gives keys said no.
    case refused(by: String, status: Int, message: String)
    case unanswered(by: String, TransportError)
    case strangeAnswer(by: String, what: String)
}

extension CredentialError {
    /// Stable, for tests and for the wire.
    package var code: String {
        switch self {
        case .nothingFound: "nothing_found"
        case .noRegion: "no_region"
        case .profileMissing: "profile_missing"
        case .incomplete: "incomplete"
        case .unreadable: "unreadable"
        case .malformed: "malformed"
        case .unsupported: "unsupported"
        case .expired: "expired"
        case .roleLoop: "role_loop"
        case .processFailed: "process_failed"
        case .refused: "refused"
        case .unanswered: "unanswered"
        case .strangeAnswer: "strange_answer"
        }
    }

    /// Whether the same may work a moment later.
    package var isRetryable: Bool {
        switch self {
        case .unanswered: true
        case .refused(_, let status, _): status == 429 || status >= 500
        default: false
        }
    }
}

extension CredentialError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .nothingFound(let looked):
            "no AWS credentials were found. Looked in: \(looked.joined(separator: "; ")). "
                + "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile (AWS_PROFILE)"
        case .noRegion: "no region is set: set AWS_REGION, or region in the profile, or give an endpoint"
        case .profileMissing(let name, let files):
            "there is no profile \"\(name)\" in \(files.joined(separator: " or in "))"
        case .incomplete(let missing, let place): "\(place) lacks \(missing)"
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .malformed(let place, let what): "\(place): \(what)"
        case .unsupported(let setting, let place, let instead):
            "\(place) has \(setting), which is not supported: \(instead)"
        case .expired(let what, let instead): "\(what) has expired: \(instead)"
        case .roleLoop(let profiles): "the source profiles lead in a circle: \(profiles.joined(separator: " -> "))"
        case .processFailed(let command, let reason): "credential_process \"\(command)\" failed: \(reason)"
        case .refused(let by, let status, let message): "\(by) gave no credentials (\(status)): \(message)"
        case .unanswered(let by, let error): "\(by) gave no credentials: \(error)"
        case .strangeAnswer(let by, let what): "\(by) gave an answer without sense: \(what)"
        }
    }
}
