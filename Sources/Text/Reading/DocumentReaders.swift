/// Stand-in.
public enum DocumentReaders {
    public static func open(_ path: String) throws(SourceError) -> any DocumentReader {
        throw .unreadable(path: path, problem: "no reader yet")
    }
    public static func label(of path: String) -> String? { nil }
}
