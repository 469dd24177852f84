import S3Vectors

/// The way to S3 Vectors: settings, keys, clock, and whether anybody answers.
enum ServiceExamination {
    private static let farSeconds = 0.5
    private static let skewedSeconds = 60.0
    /// Beyond it AWS refuses signatures.
    private static let refusedSeconds = 300.0

    static func findings(endpoint: String?, region: String?, profile: String?) async -> [Finding] {
        let trial: ServiceTrial
        do throws(ServiceAccess.Failure) {
            trial = try await ServiceTrial.ofS3Vectors(
                endpoint: endpoint, profile: profile, region: region, dotEnv: PriceOptions.dotEnv)
        } catch {
            switch error {
            case .credentials(let error):
                return [
                    .failure(
                        "keys", "\(error)", "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret, as for AWS's tools")
                ]
            case .transport(let error):
                return [
                    .failure("service", "\(error)", "look at --region and --endpoint, the network, and https_proxy")
                ]
            }
        }
        return [keys(trial), service(trial)] + clock(trial)
    }

    private static func keys(_ trial: ServiceTrial) -> Finding {
        guard let origin = trial.keys else {
            return .warning("keys", "none were found, and the server is this machine", "requests are not signed")
        }
        guard let left = trial.keysEndIn else { return .fine("keys", "from \(origin)") }
        let text = "from \(origin), for \(NumberText.fixed(left / 60, 0)) minutes more"
        return left > 0
            ? .fine("keys", text) : .failure("keys", "from \(origin), expired", "renew them (aws sso login)")
    }

    private static func service(_ trial: ServiceTrial) -> Finding {
        let text =
            "\(trial.endpoint) (\(trial.region)) answered \(trial.status) in "
            + "\(NumberText.fixed(trial.seconds * 1e3, 0)) ms"
        if let refusal = trial.refusal {
            return refused("\(text): \(refusal)", code: String(refusal.prefix { $0 != ":" }))
        }
        return trial.seconds <= farSeconds
            ? .fine("service", text)
            : .warning("service", text, "a region nearer to this machine would save that on each miss")
    }

    /// Only who is known and may not list is fine; keys that are not taken serve for nothing else either.
    ///
    /// - Parameter code: the service's name of the error; some end in `Exception`, some do not.
    static func refused(_ text: String, code: String) -> Finding {
        let ending = "Exception"
        switch code.hasSuffix(ending) ? String(code.dropLast(ending.count)) : code {
        case "AccessDenied":
            return .warning(
                "service", text,
                "these keys may not list the buckets, which is fine where they may use the index itself")
        case "ExpiredToken", "RequestExpired", "TokenRefreshRequired":
            return .failure("service", text, "the keys have expired: renew them (aws sso login)")
        case "InvalidSignature", "SignatureDoesNotMatch", "IncompleteSignature":
            return .failure(
                "service", text,
                "the secret is not that of the access key, or the clock is wrong: set AWS_SECRET_ACCESS_KEY anew")
        case "UnrecognizedClient", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidToken":
            return .failure(
                "service", text,
                "nobody knows this access key there: look at AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and AWS_PROFILE")
        case "MissingAuthenticationToken":
            return .failure("service", text, "the service wants signed requests: set AWS_ACCESS_KEY_ID and its secret")
        default:
            return .failure("service", text, "is this a server of S3 Vectors, and the region right?")
        }
    }

    private static func clock(_ trial: ServiceTrial) -> [Finding] {
        guard let ahead = trial.clockAhead else { return [] }
        let text = "\(NumberText.fixed(abs(ahead), 0)) s \(ahead >= 0 ? "ahead of" : "behind") the service"
        if abs(ahead) > refusedSeconds {
            return [
                .failure("clock", text, "signatures hold for five minutes: set the clock (timedatectl set-ntp true)")
            ]
        }
        return [
            abs(ahead) > skewedSeconds
                ? .warning("clock", text, "set the clock (timedatectl set-ntp true)") : .fine("clock", text)
        ]
    }
}
