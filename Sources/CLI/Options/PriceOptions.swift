import ArgumentParser
import Foundation
import S3Vectors

/// The prices that sums of dollars go by.
struct PriceOptions: ParsableArguments {
    @Option(
        help: "A file of prices, for other regions and days than `memvec prices` prints, in the same form.",
        completion: .file())
    var prices: String?

    /// What counts: the file's, or the built-in prices.
    private(set) var list = PriceList()

    private enum CodingKeys: CodingKey { case prices }

    /// Stores that are opened from now on go by them.
    mutating func validate() throws {
        guard let prices else { return }
        do {
            list = try PriceList(json: String(contentsOfFile: prices, encoding: .utf8))
        } catch let error as PriceListError {
            throw ValidationError("--prices \(prices): \(error)")
        } catch {
            throw ValidationError("--prices \(prices) cannot be read: \(error.localizedDescription)")
        }
        S3VectorsStores.register(list, dotEnv: Self.dotEnv)
    }

    /// Read where AWS's variables are looked for and the environment does not have them.
    static let dotEnv = ".env"
}
