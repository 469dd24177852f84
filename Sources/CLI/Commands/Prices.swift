import ArgumentParser
import S3Vectors

struct Prices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the prices that sums of dollars go by, as the file that --prices takes.",
        discussion: """
            memvec prices > prices.json        then change what is other in your region, and the date
            memvec stats news --prices prices.json

            A price that the file does not name keeps its built-in value; `date` must be there.
            """)

    @OptionGroup var prices: PriceOptions

    func run() { Terminal.print(prices.list.json) }
}
