internal import Vectors

/// Keys in JSON, as each of the places that give keys spells them.
struct CredentialAnswer {
    struct Names {
        var id: String
        var secret: String
        var token: String
        var expiration: String

        static let process = Names(
            id: "AccessKeyId", secret: "SecretAccessKey", token: "SessionToken", expiration: "Expiration")
        static let metadata = Names(
            id: "AccessKeyId", secret: "SecretAccessKey", token: "Token", expiration: "Expiration")
        static let portal = Names(
            id: "accessKeyId", secret: "secretAccessKey", token: "sessionToken", expiration: "expiration")
    }

    let json: JSONValue
    private let by: String

    init(_ bytes: [UInt8], by: String) throws(CredentialError) {
        self.by = by
        do throws(JSONError) {
            json = try JSONValue(bytes: bytes)
        } catch {
            throw .strangeAnswer(by: by, what: "\(error)")
        }
        guard case .object = json else { throw .strangeAnswer(by: by, what: "not a JSON object") }
    }

    init(_ json: JSONValue, by: String) {
        self.json = json
        self.by = by
    }

    func text(_ name: String) -> String? {
        guard case .string(let text)? = json[name], !text.isEmpty else { return nil }
        return text
    }

    func needed(_ name: String) throws(CredentialError) -> String {
        guard let text = text(name) else { throw .strangeAnswer(by: by, what: "\(name) is missing") }
        return text
    }

    func credentials(_ names: Names, origin: String) throws(CredentialError) -> Credentials {
        var expiration: Double?
        switch json[names.expiration] {
        case .string(let text)?:
            guard let seconds = Timestamp.seconds(text) else {
                throw .strangeAnswer(by: by, what: "\(names.expiration) is \"\(text)\", not a time")
            }
            expiration = seconds
        case nil, .null?: break
        case let number?:
            // The SSO portal counts milliseconds.
            guard let milliseconds = number.double else {
                throw .strangeAnswer(by: by, what: "\(names.expiration) is not a time")
            }
            expiration = milliseconds / 1000
        }
        return Credentials(
            accessKeyID: try needed(names.id), secretAccessKey: try needed(names.secret),
            sessionToken: text(names.token), expiration: expiration, origin: origin)
    }
}

extension Surroundings {
    /// Asks a place that gives keys; an answer other than 200 is an error.
    func ask(_ by: String, _ request: HTTPRequest) async throws(CredentialError) -> HTTPResponse {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await http.send(request)
        } catch {
            throw .unanswered(by: by, error)
        }
        guard response.status == 200 else {
            let text = String(decoding: response.body.prefix(300), as: UTF8.self)
            throw .refused(by: by, status: response.status, message: text)
        }
        return response
    }
}
