internal import Synchronization

/// The access keys of the moment: a server may be given others while it runs.
final class KeyRing: Sendable {
    private let keys: Mutex<AccessKeys>

    init(_ keys: AccessKeys) { self.keys = Mutex(keys) }

    func principal(of accessKey: String) -> Principal? { keys.withLock { $0.principals[accessKey] } }

    func renew(_ new: AccessKeys) { keys.withLock { $0 = new } }
}
