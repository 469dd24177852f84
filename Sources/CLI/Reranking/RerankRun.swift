import ArgumentParser
import Formats
import MemVec
import Text

/// `memvec rerank` at work: lines are read and written while those before are put in order.
struct RerankRun {
    private let reranker: Reranker
    private let source: RerankSource
    private let output: ResumableFile
    private let errors: ResumableFile?
    private let checkpointPath: String?
    private var checkpoint: RerankCheckpoint
    private let keepsOrder: Bool
    private var progress: RerankProgress

    /// - Parameter checkpoint: where to go on.
    init(
        _ command: Rerank, _ reranker: Reranker, _ source: RerankSource, at checkpoint: RerankCheckpoint
    ) throws {
        self.reranker = reranker
        self.source = source
        self.checkpoint = checkpoint
        checkpointPath = command.checkpoint
        keepsOrder = !command.unordered
        output = try ResumableFile(path: command.output ?? "-", keeping: checkpoint.outputBytes)
        errors = try command.errors.map { try ResumableFile(path: $0, keeping: checkpoint.errorBytes) }
        progress = RerankProgress(inputBytes: checkpoint.inputBytes, from: checkpoint.inputOffset)
    }

    /// Works to the end of the input, or until the command is interrupted.
    mutating func run() async throws -> RerankSummary {
        // One part is read while the one before is worked on.
        let first = Task { [source] in try await source.next() }
        var coming = first
        while let chunk = try await coming.value {
            coming = Task { [source] in try await source.next() }
            do { try await take(chunk) } catch {
                coming.cancel()
                throw error
            }
            if Interruption.isAsked { break }
        }
        progress.finish()
        let reading = await source.seconds
        if let interrupted = Interruption.asked {
            coming.cancel()
            throw interrupted
        }
        checkpoint.isFinished = true
        try keep()
        return RerankSummary(
            report: reranker.report, refusedCount: checkpoint.refusedCount, lineCount: checkpoint.lineCount,
            outputBytes: output.byteCount, seconds: progress.seconds, readSeconds: reading.read,
            parseSeconds: reading.parse, writeSeconds: progress.writeSeconds)
    }

    private mutating func take(_ chunk: RerankSource.Chunk) async throws {
        let pieces = chunk.pieces
        if errors == nil, let (piece, refused) = Self.firstRefused(pieces) {
            let line = checkpoint.lineCount + pieces[..<piece].reduce(1) { $0 + $1.lineCount } + refused.line
            throw LineRefused(line: line, why: refused.why)
        }
        let results = try await reranker.run(pieces.map(\.batch))
        let start = ContinuousClock.now
        if keepsOrder {
            let texts = try await reranker.map(pieces.count) { RerankPrinter.text(pieces[$0], results[$0]) }
            for text in texts { try output.write(text) }
        } else {
            let output = UnorderedOutput(output)
            _ = try await reranker.map(pieces.count) { try output.write(RerankPrinter.text(pieces[$0], results[$0])) }
        }
        for piece in pieces {
            try errors?.write(RerankPrinter.refusals(piece, firstLine: checkpoint.lineCount + 1))
            checkpoint.lineCount += piece.lineCount
            checkpoint.refusedCount += piece.refused.count
        }
        checkpoint.inputOffset = chunk.endOffset
        checkpoint.inputDigest = chunk.inputDigest
        try keep()
        progress.writeSeconds += (ContinuousClock.now - start).seconds
        progress.update(checkpoint, reranker.report)
    }

    private static func firstRefused(_ pieces: [RerankLines]) -> (Int, RerankLines.Refused)? {
        for (at, piece) in pieces.enumerated() {
            if let refused = piece.refused.first { return (at, refused) }
        }
        return nil
    }

    /// Makes what was written so far stay, and says so in the checkpoint: in this order.
    private mutating func keep() throws {
        guard let checkpointPath else { return }
        try output.sync()
        try errors?.sync()
        checkpoint.outputBytes = output.byteCount
        checkpoint.errorBytes = errors?.byteCount ?? 0
        try checkpoint.write(checkpointPath)
    }
}

/// A line that cannot be read, where no file of errors is wanted.
struct LineRefused: Error, CustomStringConvertible {
    let line: Int
    let why: String
    var description: String { "line \(line): \(why); --errors FILE notes such lines and goes on" }
}
