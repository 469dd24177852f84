internal import Storage

extension VectorCollection {
    /// The metadata keys that full-text search covers, in the order in which they were added.
    public func textFields() throws -> [TextFieldStatus] {
        try engine().store.read { reader in
            try reader.textFields().map { field in
                TextFieldStatus(
                    key: field.name, language: field.language, isActive: field.state == .active,
                    documentCount: Int(clamping: field.documentCount))
            }
        }
    }

    /// Has full-text search cover more metadata keys: all of them, or none when one cannot be.
    ///
    /// New vectors are searched at once; those that are there are gone through in the background, beside queries and
    /// writes, and until that is done a search of the field is refused. ``finishTextFields()`` waits for it.
    /// - Throws: ``MemVecError/textFieldExists(_:)``, ``InputError`` for more than ten or a wrong key.
    public func addTextFields(_ settings: [TextFieldSetting]) async throws {
        try TextFieldSetting.check(settings)
        guard !settings.isEmpty else { return }
        try await writing { engine in
            try engine.store.prepareText()
            try await engine.writes.submit { try Self.add(settings, $0) }
            engine.continueTextWork()
        }
    }

    static func add(_ settings: [TextFieldSetting], _ writer: borrowing StoreWriter) throws {
        let present = try writer.textFields.map(\.setting)
        if let known = settings.first(where: { new in
            present.contains { $0.key.utf8.elementsEqual(new.key.utf8) }
        }) {
            throw MemVecError.textFieldExists(known.key)
        }
        try TextFieldSetting.check(present + settings)
        for setting in settings where try !writer.addTextField(setting.key, language: setting.language) {
            throw MemVecError.tooMany(what: "removed text fields that are not gone yet", count: 256, limit: 255)
        }
    }

    /// Ends full-text search of metadata keys: all of them, or none when one is no text field. The metadata stay.
    ///
    /// - Throws: ``MemVecError/noTextField(_:)``.
    public func removeTextFields(_ keys: [String]) async throws {
        try await writing { engine in
            try await engine.writes.submit { writer in
                for key in keys where try !writer.removeTextField(key) { throw MemVecError.noTextField(key) }
            }
            engine.continueTextWork()
        }
    }

    /// Waits until every text field can be searched, and what was removed is gone.
    public func finishTextFields() async throws {
        try await writing { try await $0.finishTextWork() }
    }
}
