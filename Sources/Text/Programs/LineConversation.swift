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
    private var isFirst = true

    static let lineLimit = 1 << 20
    /// How long a line that was not asked for is waited for behind the first answer, which shows what a program does,
    /// and behind several: so long at least, and at most.
    private static let firstPause = Duration.milliseconds(50)
    private static let leastPause = Duration.milliseconds(10), longestPause = Duration.seconds(2)

    init(_ program: Program, timeout: Duration) {
        self.program = program
        self.timeout = timeout
    }

    /// Sends lines and waits for as many. After a failure nothing more can be exchanged.
    ///
    /// A line too many would make every answer behind it that of another question. So none may be there before a
    /// question is sent, and none may come behind the last answer.
    /// - Parameter lines: without their ends.
    mutating func exchange(_ lines: [[UInt8]]) throws(ProgramFailure) -> [[UInt8]] {
        try receive()
        guard received.isEmpty else { throw ProgramFailure(problem: "it wrote a line before it was sent one") }
        let sent = Array(lines.joined(separator: [0x0A])) + [0x0A]
        var sentCount = 0, askedCount = 0, answers: [[UInt8]] = []
        var last = ContinuousClock.now, longestGap = Duration.zero
        while true {
            while answers.count < lines.count, let line = nextLine() {
                guard answers.count < askedCount else {
                    throw ProgramFailure(problem: "it wrote a line before it was sent one")
                }
                let now = ContinuousClock.now
                // The first may have waited for the program's start.
                if !answers.isEmpty { longestGap = max(longestGap, now - last) }
                last = now
                answers.append(line)
            }
            if answers.count == lines.count { break }
            guard received.count <= Self.lineLimit else {
                throw ProgramFailure(problem: "it wrote a line of more than \(Self.lineLimit) bytes")
            }
            if sentCount < sent.count {
                let more = sent[sentCount..<sentCount + send(sent[sentCount...])]
                sentCount = more.endIndex
                askedCount += more.count { $0 == 0x0A }
            }
            try wait(Int16(POLLIN) | (sentCount < sent.count ? Int16(POLLOUT) : 0), until: last + timeout)
            try receive()
        }
        var pause = Duration.zero
        if isFirst { pause = Self.firstPause }
        // Where one line too many came in between, the last answer comes when one more would have.
        if lines.count > 1 { pause = max(pause, Self.leastPause, min(longestGap * 2, Self.longestPause)) }
        isFirst = false
        try refuseMore(for: pause)
        return answers
    }

    /// - Throws: ``ProgramFailure`` where something comes until then that was not asked for.
    private mutating func refuseMore(for pause: Duration) throws(ProgramFailure) {
        let deadline = ContinuousClock.now + pause
        while received.isEmpty, deadline > .now {
            // That it has ended is told to the next who asks.
            if try isReady(Int16(POLLIN), within: deadline - .now), receivePiece() == 0 { break }
        }
        guard received.isEmpty else { throw ProgramFailure(problem: "it wrote more lines than it was sent") }
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
            if try isReady(events, within: left) { return }
        }
    }

    /// False also where a signal came first.
    private func isReady(_ events: Int16, within left: Duration) throws(ProgramFailure) -> Bool {
        var waited = pollfd(fd: program.socket, events: events, revents: 0)
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        let ready = unsafe poll(&waited, 1, Int32(min(milliseconds, 60_000)))
        guard ready >= 0 || errno == EINTR else { throw ProgramFailure(problem: SystemText.of(errno)) }
        return ready > 0
    }

    /// How many bytes went. A program that reads no more is seen by what it writes, or does not.
    private func send(_ bytes: ArraySlice<UInt8>) -> Int {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(
                program.socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        return max(0, count)
    }

    /// Takes what is there, if anything is.
    private mutating func receive() throws(ProgramFailure) {
        let count = receivePiece()
        if count == 0 || (count < 0 && ![EAGAIN, EINTR].contains(Int32(-count))) {
            throw ProgramFailure(problem: program.end() ?? "it closed its output")
        }
    }

    /// How many bytes came; 0 at the end of all, and the negative of the system's number of what is wrong.
    private mutating func receivePiece() -> Int {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe recv(program.socket, &piece, piece.count, Int32(MSG_DONTWAIT))
        guard count >= 0 else { return -Int(errno) }
        received += piece[..<count]
        return count
    }
}
