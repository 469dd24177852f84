import Glibc

/// How OpenMP's threads wait inside FAISS.
enum Waiting {
    /// Commands that may train.
    private static let training: Set<String> = ["train", "import", "put", "rebuild", "serve", "bench"]

    /// Starts this program again with threads that sleep while they wait: libgomp reads the setting before `main`, and
    /// threads that spin make a training on a busy machine several times slower (34.7 s in place of 8.0 s, measured).
    /// Where it is set already, or cannot be set, everything stays as it is.
    static func makePassive() {
        let arguments = CommandLine.arguments
        guard arguments.count > 1, training.contains(arguments[1]) else { return }
        guard unsafe getenv("OMP_WAIT_POLICY") == nil else { return }
        unsafe setenv("OMP_WAIT_POLICY", "passive", 1)
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        unsafe execv("/proc/self/exe", &pointers)
    }
}
