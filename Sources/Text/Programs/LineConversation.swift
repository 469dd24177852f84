// Unsafe code: what makes it sound. Each call gets a buffer of ours with its own count, and does not keep it.
internal import Glibc

/// Lines to a program and lines back, one for one.
struct LineConversation {
    let program: Program
    /// How long a line may take.
    let timeout: Duration
    private var received: [UInt8] = []
    /// Where the search for the next line's end goes on.
    private var searched = 0
    private(set) var lastLine: [UInt8]?

    static let lineLimit = 1 << 20

    init(_ program: Program, timeout: Duration) {
        self.program = program
        self.timeout = timeout
    }

    /// Sends lines and waits for as many. After a failure nothing more can be exchanged.
    ///
    /// - Parameter lines: without their ends.
    mutating func exchange(_ lines: [[UInt8]]) throws(ProgramFailure) -> [[UInt8]] {
        let sent = Array(lines.joined(separator: [0x0A])) + [0x0A]
        var sentCount = 0, answers: [[UInt8]] = []
        var deadline = ContinuousClock.now + timeout
        while true {
            while answers.count < lines.count, let line = nextLine() {
                answers.append(line)
                deadline = .now + timeout
            }
            if answers.count == lines.count { break }
            guard received.count <= Self.lineLimit else {
                throw ProgramFailure(problem: "it wrote a line of more than \(Self.lineLimit) bytes")
            }
            let wantsToSend = sentCount < sent.count
            try wait(Int16(POLLIN) | (wantsToSend ? Int16(POLLOUT) : 0), until: deadline)
            if wantsToSend { sentCount += send(sent[sentCount...]) }
            try receive()
        }
        guard received.isEmpty else { throw ProgramFailure(problem: "it wrote more lines than it was sent") }
        return answers
    }

    private mutating func nextLine() -> [UInt8]? {
        guard let end = received[searched...].firstIndex(of: 0x0A) else {
            searched = received.count
            return nil
        }
        let line = Array(received[..<end])
        received.removeSubrange(...end)
        searched = 0
        lastLine = line
        return line
    }

    private func wait(_ events: Int16, until deadline: ContinuousClock.Instant) throws(ProgramFailure) {
        while true {
            let left = deadline - .now
            guard left > .zero else {
                throw ProgramFailure(problem: "it wrote no line for \(timeout); it must write each at once")
            }
            var waited = pollfd(fd: program.socket, events: events, revents: 0)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            let ready = unsafe poll(&waited, 1, Int32(min(milliseconds, 60_000)))
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else { throw ProgramFailure(problem: SystemText.of(errno)) }
        }
    }

    /// How many bytes went. A program that reads no more is seen by what it writes, or does not.
    private func send(_ bytes: ArraySlice<UInt8>) -> Int {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(
                program.socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        return max(0, count)
    }

    private mutating func receive() throws(ProgramFailure) {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe recv(program.socket, &piece, piece.count, Int32(MSG_DONTWAIT))
        if count > 0 {
            received += piece[..<count]
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            throw ProgramFailure(problem: program.end() ?? "it closed its output")
        }
    }
}
