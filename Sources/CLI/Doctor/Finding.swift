import Vectors

/// One thing that `memvec doctor` has looked at.
struct Finding {
    enum State: String {
        case fine, warning, failure
    }

    let name: String
    let state: State
    /// What was found.
    let text: String
    /// What to do about it; nil where nothing is.
    let advice: String?

    var isFailure: Bool { state == .failure }

    static func fine(_ name: String, _ text: String) -> Finding {
        Finding(name: name, state: .fine, text: text, advice: nil)
    }

    static func warning(_ name: String, _ text: String, _ advice: String) -> Finding {
        Finding(name: name, state: .warning, text: text, advice: advice)
    }

    static func failure(_ name: String, _ text: String, _ advice: String) -> Finding {
        Finding(name: name, state: .failure, text: text, advice: advice)
    }

    var lines: String {
        let sign = state == .fine ? "ok  " : state == .warning ? "warn" : "FAIL"
        let padded = name + String(repeating: " ", count: max(1, 13 - name.count))
        return "\(sign)  \(padded)\(text)" + (advice.map { "\n                   \($0)" } ?? "")
    }

    var object: JSONObject { ["name": name, "state": state.rawValue, "text": text, "advice": advice] }
}
