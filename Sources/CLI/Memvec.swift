import ArgumentParser

@main
struct Memvec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memvec", abstract: "Vectors from RAM, SSD and Amazon S3 Vectors: exact, fast, certified.")
}
