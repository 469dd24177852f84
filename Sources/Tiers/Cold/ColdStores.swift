internal import Synchronization
internal import Vectors

/// Which kinds of cold store this process knows, by the scheme of their address: what is before its first colon.
///
/// The engine knows none that needs a network; who links one registers it once, before collections are opened.
public enum ColdStores {
    /// What may be said beside an address. Nil is what the store's own surroundings say.
    public struct Options: Sendable, Equatable {
        /// A server's URL, in place of the provider's.
        public var endpoint: String?
        public var region: String?
        /// Of the provider's configuration files.
        public var profile: String?

        public init() {}
    }

    /// Opens what an address names. It should ask nothing of the network, and throw an error that names the address.
    public typealias Opener = @Sendable (_ address: String, Options) throws -> ColdConnection

    private static let openers = Mutex<[String: Opener]>([:])

    /// Addresses `SCHEME:...` are opened by `opener` from now on.
    public static func register(scheme: String, _ opener: @escaping Opener) {
        openers.withLock { $0[scheme] = opener }
    }

    /// The schemes that are known, in order.
    public static var schemes: [String] { openers.withLock { $0.keys.sorted() } }

    /// - Throws: ``InputError/outOfRange(name:value:allowed:)`` for a scheme that nobody registered, or what its opener
    ///   throws.
    public static func open(_ address: String, _ options: Options = Options()) throws -> ColdConnection {
        let scheme = String(address.prefix { $0 != ":" })
        guard scheme.count < address.count, let opener = openers.withLock({ $0[scheme] }) else {
            let known = (["local"] + schemes).map { "\($0):..." }.joined(separator: ", ")
            throw InputError.outOfRange(name: "cold store", value: address, allowed: known)
        }
        return try opener(address, options)
    }
}
