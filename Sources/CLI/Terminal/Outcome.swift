import ArgumentParser
import Glibc
import MemVec
import Text

/// How the program ends; scripts may rely on these numbers.
enum Outcome: Int32, CaseIterable {
    case fine = 0
    case failed = 1
    /// Of the command line itself. ArgumentParser's own number for it is 64.
    case usage = 2
    case degraded = 3
    case notFound = 4
    case someRefused = 5

    /// For docs/reference.md.
    var meaning: String {
        switch self {
        case .fine: "All was done."
        case .failed: "It failed; standard error says why."
        case .usage: "The command line is wrong; nothing was done."
        case .degraded: "With `--strict`: the answer holds estimates."
        case .notFound: "A key, a document or a collection is not there."
        case .someRefused:
            "Some lines of the input were refused, and stand in the file of `--errors`; the rest is done."
        }
    }

    /// Codes of errors (``ErrorCode``) that are not just failures.
    private static let byErrorCode: [String: Outcome] = [
        "not_found": .notFound, "not_a_collection": .notFound,
        "out_of_range": .usage, "dimension_out_of_range": .usage,
    ]

    /// Ends the program at once, with what was printed written out.
    ///
    /// Not by exit(3): its handlers take away what other threads still use, such as the buffers of OpenBLAS under a
    /// training in the background. What was acknowledged is on disk without them.
    static func leave(_ code: Int32) -> Never {
        fflush(nil)
        _exit(code)
    }

    /// Says what is wrong, once and on standard error, and ends the program.
    static func end(with error: any Error) -> Never {
        if let silent = error as? Outcome { leave(silent.rawValue) }
        if let interrupted = error as? Interrupted {
            Terminal.complain("\(interrupted)")
            leave(interrupted.exitCode)
        }
        let code = Memvec.exitCode(for: error)
        // Help, version and completion scripts: ArgumentParser prints them to standard output.
        if code == .success { Memvec.exit(withError: error) }
        if code == .validationFailure {
            let text = Memvec.fullMessage(for: error)
            Terminal.complain(text.hasPrefix("Error: ") ? String(text.dropFirst("Error: ".count)) : text)
            leave(usage.rawValue)
        }
        Terminal.complain("\(error)")
        let errorCode = (error as? TextError)?.code ?? ErrorCode.of(error)
        leave((errorCode.flatMap { byErrorCode[$0] } ?? .failed).rawValue)
    }
}

/// Thrown to end with a number when everything has been said.
extension Outcome: Error {}
