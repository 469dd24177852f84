/// Keys of an EC2 instance's role, by IMDSv2: a token first, then the role, then its keys. Version 1, which needs no
/// token, is never asked.
struct InstanceMetadata {
    enum Outcome {
        case found(Credentials)
        /// Nobody answers, or nobody may be asked.
        case absent(why: String)
    }

    let surroundings: Surroundings
    private static let by = "the instance's metadata service"

    init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    func find() async throws(CredentialError) -> Outcome {
        if surroundings.variable("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            return .absent(why: "AWS_EC2_METADATA_DISABLED is true")
        }
        guard let token = try await token() else { return .absent(why: "nobody answers at \(base)") }
        let path = "/latest/meta-data/iam/security-credentials/"
        let names: HTTPResponse
        do throws(CredentialError) {
            names = try await get(path, token)
        } catch {
            guard case .refused(_, 404, _) = error else { throw error }
            return .absent(why: "the instance has no role")
        }
        let role = String(decoding: names.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
        guard let role, !role.isEmpty else { return .absent(why: "the instance has no role") }
        let answer = try CredentialAnswer(try await get(path + role, token).body, by: Self.by)
        if let code = answer.text("Code"), code != "Success" {
            throw .strangeAnswer(by: Self.by, what: "the code for role \(role) is \(code)")
        }
        return .found(try answer.credentials(.metadata, origin: "the role \(role) of the instance"))
    }

    private var base: String {
        if let set = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            return set.hasSuffix("/") ? String(set.dropLast()) : set
        }
        let isIPv6 = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased() == "ipv6"
        return isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    }

    /// Of one try: away from EC2 nobody answers, and a command must not wait long for that.
    private var timeout: Duration {
        .seconds(surroundings.variable("AWS_METADATA_SERVICE_TIMEOUT").flatMap { Int($0) } ?? 1)
    }

    private var attemptLimit: Int {
        max(1, surroundings.variable("AWS_METADATA_SERVICE_NUM_ATTEMPTS").flatMap { Int($0) } ?? 1)
    }

    /// Nil when nobody answers.
    private func token() async throws(CredentialError) -> String? {
        var request = HTTPRequest(
            "PUT", base + "/latest/api/token", headers: [.init("x-aws-ec2-metadata-token-ttl-seconds", "21600")],
            timeout: timeout)
        request.usesProxy = false
        request.answerByteLimit = 1 << 16
        for _ in 0..<attemptLimit {
            do throws(CredentialError) {
                return String(decoding: try await surroundings.ask(Self.by, request).body, as: UTF8.self)
            } catch .unanswered {
                continue
            } catch .refused(_, let status, _) where status == 404 || status == 405 {
                throw .unsupported(
                    setting: "no IMDSv2 (status \(status) for a token)", place: Self.by,
                    instead: "turn on IMDSv2 for the instance; version 1 is not asked")
            }
        }
        return nil
    }

    private func get(_ path: String, _ token: String) async throws(CredentialError) -> HTTPResponse {
        var request = HTTPRequest(
            "GET", base + path, headers: [.init("x-aws-ec2-metadata-token", token)], timeout: timeout)
        request.usesProxy = false
        request.answerByteLimit = 1 << 20
        var attempt = 1
        while true {
            do throws(CredentialError) {
                return try await surroundings.ask(Self.by, request)
            } catch {
                guard error.isRetryable, attempt < attemptLimit else { throw error }
                attempt += 1
            }
        }
    }
}
