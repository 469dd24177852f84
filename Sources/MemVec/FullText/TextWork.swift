internal import Storage
internal import Synchronization

/// Goes through the rows that were there before a text field was, and removes the postings of fields that are gone:
/// step by step between other writes, one worker at a time. A killed process goes on at its next open.
final class TextWork: Sendable {
    private let isRunning = Atomic<Bool>(false)

    func begin() -> Bool { !isRunning.exchange(true, ordering: .sequentiallyConsistent) }
    func end() { isRunning.store(false, ordering: .sequentiallyConsistent) }
}

extension Engine {
    var hasTextWork: Bool { (try? store.read { try $0.hasTextWork() }) ?? false }

    /// Begins to do what is to be done, unless that goes on already.
    func continueTextWork() {
        guard !store.isReadOnly, hasTextWork, textWork.begin() else { return }
        Task { [weak self] in
            repeat {
                // What fails, such as a full disk, is tried again by the upkeep.
                while let self, (try? await self.stepText()) ?? false {}
                self?.textWork.end()
            } while self?.hasTextWork ?? false && self?.textWork.begin() ?? false
        }
    }

    /// Does it now. Beside a worker in the background the two share it.
    func finishTextWork() async throws { while try await stepText() {} }

    private func stepText() async throws -> Bool {
        guard hasTextWork else { return false }
        return try await writes.submit(byteCount: 4 << 20) { try $0.stepText() }
    }

    /// Makes the fields of `other` those of this engine.
    func copyTextFields(of other: Engine) async throws {
        let wanted = try other.store.read { try $0.textFields() }
        guard try wanted.map(\.setting) != store.read({ try $0.textFields() }).map(\.setting) else { return }
        try store.prepareText()
        try await writes.submit { writer in
            for field in try writer.textFields where !wanted.contains(where: { $0.setting == field.setting }) {
                _ = try writer.removeTextField(field.name)
            }
            let left = try writer.textFields
            for field in wanted where !left.contains(where: { $0.setting == field.setting }) {
                _ = try writer.addTextField(field.name, language: field.language)
            }
        }
    }

    /// Begins those fields anew that another version of the analysis has made.
    func renewTextFields() async throws -> [String] {
        guard try store.read({ try $0.hasOldText() }) else { return [] }
        return try await writes.submit { try $0.renewTextFields() }
    }
}
