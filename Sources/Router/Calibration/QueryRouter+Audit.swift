internal import Index
internal import Storage
internal import Tiers
internal import Vectors

extension QueryRouter {
    /// Measures what an audited query left out, behind its answer, and tells the calibration.
    ///
    /// It fills nothing and counts nothing. On the way by vectors every candidate that is still unknown is fetched; on
    /// the way by queries the store is asked for its own k nearest, which are compared with the candidates: what the
    /// store itself fails to find is not seen as a loss. An audit that fails, or that the day's budget does not allow,
    /// says nothing. The credit was asked when the audit was drawn: to refuse some after their queries are known would
    /// leave those that rode along for nothing, which lose the least.
    func audit(_ pool: Pool, _ request: QueryRequest) {
        guard let ticket = request.policy.ticket, ticket.isAudit, let sheet = pool.sheet else { return }
        var known = sheet
        for at in pool.fetched.rows.indices {
            let distance = pool.fetched.withVector(at: at) { tiers.distance(request.values, $0) }
            known.setDistance(distance, of: pool.fetched.rows[at])
        }
        let unknown = known.unknown
        let byQuery = sheet.asksStore && !ticket.calibration.wantsDistances()
        if unknown.isEmpty {
            ticket.calibration.note(
                known.finding(extraKeys: known.riddenKeys, dollars: 0, measuresAll: true), ticket)
            return
        }
        if byQuery, let answered = pool.answered {
            for (row, distance) in answered { known.setDistance(distance, of: row) }
            ticket.calibration.note(known.finding(extraKeys: 0, dollars: 0, measuresAll: false), ticket)
            return
        }
        let sheetNow = known
        audits?.begin {
            let finding = byQuery ? await askedFinding(sheetNow, request) : await fetchedFinding(sheetNow, request)
            if let finding { ticket.calibration.note(finding, ticket) }
        }
    }

    /// Returns when the audits that were begun before are done.
    public func settleAudits() async { await audits?.settle() }

    private func askedFinding(_ sheet: AuditSheet, _ request: QueryRequest) async -> AuditFinding? {
        guard let cold, let price = cold.costs?.queryPrice(count: request.k), cold.spending.bookAudit(price) else {
            return nil
        }
        guard let answer = try? await storeAnswer(request, cold, deadline: nil) else {
            cold.spending.giveBack(price, isBooked: true)
            return nil
        }
        guard
            let rows = try? store.read({ reader in try answer.map { try reader.row(of: $0.key) } })
        else { return nil }
        var sheet = sheet
        for (hit, row) in zip(answer, rows) { if let row { sheet.setDistance(hit.distance, of: row) } }
        return sheet.finding(extraKeys: 0, dollars: price, measuresAll: false)
    }

    private func fetchedFinding(_ sheet: AuditSheet, _ request: QueryRequest) async -> AuditFinding? {
        guard let cold else { return nil }
        var sheet = sheet
        let unknown = sheet.unknown
        let price = Double(cold.callCount(unknown.count)) * (cold.costs?.fetchPrice ?? 0)
        guard cold.spending.bookAudit(price),
            let records = try? store.read({ reader in try unknown.map { try reader.record(of: $0.row) } })
        else { return nil }
        let keys = records.compactMap { $0?.key }
        let outcome = await cold.fetches.fetch(keys, deadline: SystemClock().now + Self.auditTime)
        guard outcome.failed.isEmpty else {
            // One that is late may still come.
            let isLate = outcome.failed.values.contains { if case .deadlineExceeded = $0 { true } else { false } }
            if !isLate { cold.spending.giveBack(price, isBooked: true) }
            return nil
        }
        for (candidate, record) in zip(unknown, records) {
            // What died or was changed by others meanwhile is in no answer any more.
            guard let record, let values = outcome.found[record.key]?.values, values.count == request.values.count,
                Fingerprint(of: values) == record.fingerprint
            else { continue }
            sheet.setDistance(tiers.distance(request.values, values.span), of: candidate.row)
        }
        return sheet.finding(extraKeys: keys.count + sheet.riddenKeys, dollars: price, measuresAll: true)
    }

    private static let auditTime = Duration.seconds(10)
}
