/// What becomes of one request to a service: where it goes, with whose keys, and what the answer says.
package struct ServiceTrial: Sendable {
    package var region = ""
    package var endpoint = ""
    /// Where the keys come from; nil where none are needed.
    package var keys: String?
    /// Seconds until the keys end; nil where they do not.
    package var keysEndIn: Double?
    /// Of the request, the making of a connection included.
    package var seconds = 0.0
    package var status = 0
    /// What the service says of a status other than 200.
    package var refusal: String?
    /// Seconds by which this machine's clock is ahead of the service's; nil where its answer has no date.
    package var clockAhead: Double?

    /// Asks for one name of the service's buckets, by ListVectorBuckets.
    ///
    /// - Parameters as in ``ServiceAccess/init(to:endpoint:profile:region:dotEnv:requestLimit:)``.
    /// - Throws: ``ServiceAccess/Failure``: no settings, no keys, or no answer.
    package static func ofS3Vectors(
        endpoint: String? = nil, profile: String? = nil, region: String? = nil, dotEnv: String? = nil
    ) async throws(ServiceAccess.Failure) -> ServiceTrial {
        let access = try ServiceAccess(
            to: .s3Vectors, endpoint: endpoint, profile: profile, region: region, dotEnv: dotEnv)
        var trial = ServiceTrial()
        trial.region = access.settings.region
        trial.endpoint = access.settings.endpoint
        do throws(CredentialError) {
            let found = try await access.credentials.credentials()
            trial.keys = found?.origin
            trial.keysEndIn = found?.expiration.map { $0 - access.now() }
        } catch {
            throw .credentials(error)
        }
        let start = ContinuousClock.now
        let answer = try await access.send(
            HTTPRequest(
                "POST", access.settings.endpoint + "/ListVectorBuckets",
                headers: [HTTPHeader("Content-Type", "application/json")], body: Array(#"{"maxResults":1}"#.utf8),
                timeout: .seconds(10)))
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        trial.seconds = Double(seconds) + Double(attoseconds) / 1e18
        trial.status = answer.status
        if answer.status != 200 {
            let error = ServiceError(
                status: answer.status, errorType: answer.header(ServiceError.typeHeader), body: answer.body)
            trial.refusal = "\(error.code.rawValue): \(error.message)"
        }
        trial.clockAhead = answer.header("Date").flatMap { ClockOffset.seconds(ofHTTPDate: $0) }.map {
            access.now() - $0
        }
        return trial
    }
}
