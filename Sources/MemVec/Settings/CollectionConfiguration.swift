package import Tiers
public import Vectors

/// What is fixed when a collection is created, and the settings it starts with.
public struct CollectionConfiguration: Sendable {
    /// Values of each vector, 1...4,096.
    public var dimension: Int
    /// The distance that answers go by; it cannot be changed later.
    public var metric: Metric
    /// Metadata keys that no filter may name; at most 10, each of 1 to 63 characters.
    public var nonFilterableKeys: [String]
    /// The remote that holds the truth, such as `local:FOLDER`; nil makes a local collection.
    public var cold: String?
    /// What can be changed later.
    public var settings: CollectionSettings
    /// The metadata keys that full-text search covers; more can be added later.
    public var textFields: [TextFieldSetting]

    /// - Throws: ``InputError/dimensionOutOfRange(_:)`` or ``InputError/outOfRange(name:value:allowed:)``.
    public init(
        dimension: Int, metric: Metric = .cosine, nonFilterableKeys: [String] = [], cold: String? = nil,
        settings: CollectionSettings? = nil, textFields: [TextFieldSetting] = []
    ) throws(InputError) {
        guard (1...4096).contains(dimension) else { throw .dimensionOutOfRange(dimension) }
        guard nonFilterableKeys.count <= 10 else {
            throw .outOfRange(
                name: "number of non-filterable keys", value: "\(nonFilterableKeys.count)", allowed: "0 to 10")
        }
        for key in nonFilterableKeys where !(1...63).contains(key.count) {
            throw .outOfRange(
                name: "length of non-filterable key \"\(key)\"", value: "\(key.count)", allowed: "1 to 63 characters")
        }
        self.dimension = dimension
        self.metric = metric
        self.nonFilterableKeys = nonFilterableKeys
        self.cold = cold
        try TextFieldSetting.check(textFields)
        self.textFields = textFields
        if let settings { self.settings = settings } else { self.settings = try CollectionSettings() }
    }
}

/// How a folder is opened.
public struct OpenOptions: Sendable {
    /// Opens beside a writer, in any number of processes; every write is refused.
    public var isReadOnly = false
    /// Settings to change, by name (``CollectionSettings/names``); saved unless read-only.
    public var changes: [String: String] = [:]
    /// Whether a damaged snapshot of a local collection is made anew in the background, unless `auto-train` is off.
    public var rebuildsIndex = true
    /// Address space of the store's map, which the store cannot outgrow; nil takes what the disk can hold.
    public var mapBytes: Int?
    /// What requests to a `local:` cold store are charged by, as if it were a service; nil charges nothing.
    package var localPrices: (any ColdPrices)?
    /// Whether a `local:` cold store is only read, also where this collection is open for writing: nothing of it
    /// changes, and others may have it open.
    package var readsLocalOnly = false

    /// For writing, with the settings that were saved.
    public init() {}
}
