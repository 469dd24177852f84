/// The limits of the service's model. They bound requests; the length of strings is in Unicode scalars.
package enum Limits {
    package static let name = 3...63
    package static let namePrefix = 1...63
    package static let keys = 1...1024
    package static let putVectors = 1...500
    package static let deleteKeys = 1...500
    package static let getKeys = 1...100
    package static let dimension = 1...4096
    package static let listVectors = 1...1000
    package static let listOthers = 1...500
    package static let segmentCount = 1...16
    package static let segmentIndex = 0...15
    package static let nonFilterableKeys = 0...10
    package static let metadataKey = 1...63
    package static let textConfigurations = 0...10
    package static let queryTexts = 1...10
    package static let queryText = 1...1024
    package static let listToken = 1...512
    package static let vectorsToken = 1...2048
    package static let queryToken = 1...4096
    package static let tags = 50
    package static let tagKey = 1...128
    package static let tagValue = 0...256
    package static let arn = 1...1011

    /// ListVectors gives so many where the request names no number.
    package static let usualListVectors = 500
    /// ListVectors ends a page after so many bytes of vectors and metadata.
    package static let listBytes = 1 << 20
    /// The model has no upper bound, the service has.
    package static let topK = 1...10_000
    /// The most that one page of QueryVectors holds.
    package static let queryPage = 100
    /// Inclusive.
    package static let bodyBytes = 20_971_520
}
