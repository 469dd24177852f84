internal import Glibc

/// The operating system's text for an errno.
enum SystemText {
    static func of(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
}
