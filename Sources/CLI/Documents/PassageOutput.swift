import MemVec
import Text
import Vectors

/// Prints passages, for people or as JSON.
struct PassageOutput {
    let json: Bool

    func print(_ answer: SearchAnswer, question: String) {
        if json {
            Terminal.print(
                [
                    "query": question, "passages": answer.passages.map(\.object),
                    "provenance": answer.provenance?.object, "embeddingSeconds": answer.embeddingSeconds,
                ] as JSONObject)
            return
        }
        for (position, passage) in answer.passages.enumerated() {
            Terminal.print(passage.text(rank: position + 1, marksWords: Terminal.hasColouredOutput))
        }
        if answer.passages.isEmpty { Terminal.say("Nothing is there that could answer it.") }
        guard let provenance = answer.provenance else {
            return Terminal.say("by words alone, in \(NumberText.fixed(1000 * answer.seconds, 1)) ms")
        }
        Terminal.say(
            "\(provenance.text), question embedded in \(NumberText.fixed(1000 * answer.embeddingSeconds, 1)) ms")
    }
}

extension Passage {
    var object: JSONObject {
        [
            "document": document, "title": title, "file": file, "section": section, "chunk": chunk,
            "distance": distance, "score": score, "source": source?.rawValue, "key": key, "text": text,
            "highlights": highlights.map { [$0.lowerBound, $0.count] },
        ]
    }

    /// - Parameter marksWords: in bold, as terminals show it.
    func text(rank: Int, marksWords: Bool) -> String {
        var head = "\(rank). \(title.isEmpty ? document : title)"
        if !section.isEmpty { head += " > \(section)" }
        if let distance { head += "  [\(NumberText.fixed(Double(distance), 3))]" }
        let body = marksWords ? markedText : text
        return head + "\n   " + body.split(separator: "\n").joined(separator: "\n   ") + "\n   (\(file))\n"
    }

    /// ``text`` with its highlights in bold. What controls a terminal and came with the text is left out: others may
    /// have written it.
    private var markedText: String {
        var out = "", next = highlights.makeIterator()
        var current = next.next()
        for (position, scalar) in text.unicodeScalars.enumerated() {
            if position == current?.upperBound {
                out += Terminal.usual
                current = next.next()
            }
            if position == current?.lowerBound { out += Terminal.bold }
            if scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control {
                out.unicodeScalars.append(scalar)
            }
        }
        if let current, current.upperBound == text.unicodeScalars.count { out += Terminal.usual }
        return out
    }
}
