package struct UpdateIndexMode: WireRequest {
    package typealias Answer = EmptyAnswer
    package static let operation = Operation.updateIndexMode
    package var index: IndexTarget
    package var indexMode: String

    package init(index: IndexTarget, indexMode: String) {
        self.index = index
        self.indexMode = indexMode
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        indexMode = object.requiredString("indexMode", oneOf: IndexMode.names)
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        out.member("indexMode", indexMode)
    }
}

package struct UpdateMetadataConfiguration: WireRequest {
    package static let operation = Operation.updateMetadataConfiguration
    package var index: IndexTarget
    package var add: [TextSearchConfiguration]?
    package var delete: [TextSearchConfiguration]?

    package init(index: IndexTarget, add: [TextSearchConfiguration]? = nil, delete: [TextSearchConfiguration]? = nil) {
        self.index = index
        self.add = add
        self.delete = delete
    }

    package init(_ object: WireObject) {
        index = IndexTarget(object)
        // The model requires no list in either; without one nothing is added or deleted.
        add = object.object("add").map { add in
            add.objects("textSearchConfigurations", count: Limits.textConfigurations, TextSearchConfiguration.init)
                ?? []
        }
        delete = object.object("delete").map { delete in
            let count = 1...Limits.textConfigurations.upperBound
            return delete.objects("textSearchConfigurations", count: count, TextSearchConfiguration.init) ?? []
        }
    }

    package func write(to out: inout WireWriter) {
        index.write(to: &out)
        for (name, list) in [("add" as StaticString, add), ("delete", delete)] {
            guard let list else { continue }
            out.member(name) { out in out.array("textSearchConfigurations", list) { $0.write(to: &$1) } }
        }
    }

    package struct Answer: WireAnswer, Equatable {
        package var indexArn: String
        package init(indexArn: String) { self.indexArn = indexArn }
        package init(_ object: WireObject) { indexArn = object.requiredString("indexArn") }
        package func write(to out: inout WireWriter) { out.member("indexArn", indexArn) }
    }
}
