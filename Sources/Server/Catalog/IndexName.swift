/// An index by its two names, which are good for paths: the service has checked them.
package struct IndexName: Hashable, Sendable {
    package let bucket: String
    package let index: String

    package init(bucket: String, index: String) {
        self.bucket = bucket
        self.index = index
    }
}
