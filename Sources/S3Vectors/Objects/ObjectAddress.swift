/// Where a collection in plain S3 is: `s3://BUCKET/PREFIX`.
package struct ObjectAddress: Sendable, Equatable {
    package var bucket: String
    /// Without slashes at its ends.
    package var prefix: String

    /// - Throws: ``ColdAddressError``.
    package init(_ text: String) throws(ColdAddressError) {
        let scheme = "s3://"
        guard text.hasPrefix(scheme) else { throw .unknownScheme(text: text) }
        let steps = text.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        let rest = steps.dropFirst()
        guard let bucket = steps.first, ResourceName.isName(bucket), !rest.isEmpty,
            rest.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else { throw .notAPrefix(text: text) }
        self.bucket = String(bucket)
        prefix = rest.joined(separator: "/")
    }
}
