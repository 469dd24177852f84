import ArgumentParser

/// The files of a `memvec rerank`, which must be different ones: each is cut or replaced while others are still read.
enum RerankFiles {
    /// - Parameter files: by what they are given as, those that are not given without a path.
    /// - Throws: `ValidationError` that names the first two that are one file.
    static func check(_ files: [(name: String, path: String?)]) throws {
        var known: [FilePlace: String] = [:]
        for (name, path) in files {
            guard let path, let place = FilePlace(path) else { continue }
            if let other = known[place] {
                throw ValidationError("\(other) and \(name) are the same file, \(path); give each a file of its own")
            }
            known[place] = name
        }
    }
}
