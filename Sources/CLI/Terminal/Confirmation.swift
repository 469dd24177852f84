import ArgumentParser

/// The question before something is destroyed.
enum Confirmation {
    enum Answer: Equatable {
        case goOn
        /// Nothing is to be done; it was said why.
        case stop
    }

    /// - Parameters:
    ///   - loss: what would go, such as "news: 1,000 vectors, 3.0 MiB".
    ///   - word: what must be typed on a terminal.
    ///   - isGiven: `--yes` stands on the command line.
    /// - Throws: a usage error where nobody can be asked: a script must say what it wants.
    static func ask(loss: String, word: String, isGiven: Bool) throws -> Answer {
        if isGiven { return .goOn }
        guard Terminal.canAsk else {
            throw ValidationError("this would remove \(loss); nothing was done. Say --yes to do it")
        }
        Terminal.say("This removes \(loss).")
        Terminal.sayOver("Type \"\(word)\" to go on: ")
        guard readLine() == word else {
            Terminal.say("Nothing was done.")
            return .stop
        }
        return .goOn
    }
}
