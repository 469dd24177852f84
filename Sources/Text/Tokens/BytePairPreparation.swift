internal import Vectors

/// What is done to a text before its characters are joined: something is put in front, and something in place of
/// blanks. As `Prepend`, `Replace` and `Metaspace` of Hugging Face's tokenizers.
struct BytePairPreparation: Sendable {
    private enum Step {
        case prepend([Unicode.Scalar])
        case prependUnlessThere([Unicode.Scalar])
        /// One character.
        case replace(Unicode.Scalar, [Unicode.Scalar])
    }
    private var steps: [Step] = []

    /// Nil where the file asks for something else.
    init?(_ file: JSONValue) {
        guard add(normalizer: file["normalizer"] ?? .null), add(preTokenizer: file["pre_tokenizer"] ?? .null) else {
            return nil
        }
    }

    private mutating func add(normalizer: JSONValue) -> Bool {
        if normalizer == .null { return true }
        guard case .string(let type)? = normalizer["type"] else { return false }
        switch type {
        case "Sequence":
            guard case .array(let parts)? = normalizer["normalizers"] else { return false }
            for part in parts where !add(normalizer: part) { return false }
        case "Prepend":
            guard case .string(let text)? = normalizer["prepend"] else { return false }
            steps.append(.prepend(Array(text.unicodeScalars)))
        case "Replace":
            guard case .string(let old)? = normalizer["pattern"]?["String"], old.unicodeScalars.count == 1,
                let scalar = old.unicodeScalars.first, case .string(let new)? = normalizer["content"]
            else { return false }
            steps.append(.replace(scalar, Array(new.unicodeScalars)))
        default: return false
        }
        return true
    }

    private mutating func add(preTokenizer: JSONValue) -> Bool {
        if preTokenizer == .null { return true }
        // One that splits keeps pairs from reaching over blanks; ours do not look for these.
        guard preTokenizer["type"] == .string("Metaspace"), preTokenizer["split"] == .boolean(false),
            case .string(let mark)? = preTokenizer["replacement"],
            case .string(let scheme)? = preTokenizer["prepend_scheme"], ["first", "always", "never"].contains(scheme)
        else { return false }
        let scalars = Array(mark.unicodeScalars)
        steps.append(.replace(" ", scalars))
        if scheme != "never" { steps.append(.prependUnlessThere(scalars)) }
        return true
    }

    func prepared(_ text: String) -> [Unicode.Scalar] {
        steps.reduce(Array(text.unicodeScalars)) { scalars, step in
            switch step {
            case .prepend(let first): first + scalars
            case .prependUnlessThere(let first): scalars.starts(with: first) ? scalars : first + scalars
            case .replace(let old, let new): scalars.flatMap { $0 == old ? new : [$0] }
            }
        }
    }
}
