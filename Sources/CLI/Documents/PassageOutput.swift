import MemVec
import Text

/// Prints passages, for people or as JSON.
struct PassageOutput {
    let json: Bool

    func print(_ answer: SearchAnswer, question: String) {
        if json {
            Terminal.print(
                [
                    "query": question, "passages": answer.passages.map(\.object),
                    "provenance": answer.provenance.object, "embeddingSeconds": answer.embeddingSeconds,
                ] as JSONObject)
            return
        }
        for (position, passage) in answer.passages.enumerated() {
            Terminal.print(passage.text(rank: position + 1))
        }
        if answer.passages.isEmpty { Terminal.say("Nothing is there that could answer it.") }
        Terminal.say(
            "\(answer.provenance.text), question embedded in "
                + "\(NumberText.fixed(1000 * answer.embeddingSeconds, 1)) ms")
    }
}

extension Passage {
    var object: JSONObject {
        [
            "document": document, "title": title, "file": file, "section": section, "chunk": chunk,
            "distance": distance, "source": source?.rawValue, "key": key, "text": text,
        ]
    }

    func text(rank: Int) -> String {
        var head = "\(rank). \(title)"
        if !section.isEmpty { head += " > \(section)" }
        if let distance { head += "  [\(NumberText.fixed(Double(distance), 3))]" }
        return head + "\n   " + text.split(separator: "\n").joined(separator: "\n   ") + "\n   (\(file))\n"
    }
}
