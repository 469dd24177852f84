import S3Vectors
import Testing
import Vectors

@Suite("messages")
struct MessageTests {
    func error<Request: WireRequest>(_ type: Request.Type, _ text: String) -> ServiceError? {
        do {
            _ = try Request.read(Array(text.utf8)[...])
            return nil
        } catch { return ServiceError(error) }
    }

    @Test("every wrong member is named, in the service's words")
    func violations() throws {
        let wrong = try #require(
            error(CreateIndex.self, #"{"vectorBucketName":"ab","indexName":7,"dataType":"int8","dimension":5000}"#))
        #expect(wrong.code == .validation)
        #expect(wrong.status == 400)
        #expect(
            wrong.message == """
                5 validation errors detected. Value with length 2 at '/vectorBucketName' failed to satisfy constraint: \
                Member must have length between 3 and 63, inclusive; Value at '/indexName' failed to satisfy \
                constraint: Member must be a string, not the number 7; Value at '/dataType' failed to satisfy \
                constraint: Member must satisfy enum value set: [float32]; Value at '/dimension' failed to satisfy \
                constraint: Member must be between 1 and 4096, inclusive; Value at '/distanceMetric' failed to \
                satisfy constraint: Member must not be null
                """)
        #expect(
            wrong.fieldList.map(\.path) == [
                "/vectorBucketName", "/indexName", "/dataType", "/dimension", "/distanceMetric",
            ])
    }

    @Test("one error is one error")
    func single() throws {
        let wrong = try #require(error(QueryVectors.self, #"{"topK":0,"queryVector":{"float32":[1]}}"#))
        #expect(
            wrong.message == "1 validation error detected. Value at '/topK' failed to satisfy constraint: "
                + "Member must be between 1 and 10000, inclusive")
    }

    @Test(
        "limits on both sides of their edge",
        arguments: [
            ("k", 1, true), ("k", 0, false), ("k", 1024, true), ("k", 1025, false), ("\u{20AC}", 1024, true),
        ])
    func keyLength(_ text: String, _ count: Int, _ isFine: Bool) {
        let key = String(repeating: text, count: count)
        let found = error(GetVectors.self, #"{"keys":["\#(key)"]}"#)
        #expect((found == nil) == isFine)
        #expect(found?.fieldList.first?.path ?? "/keys/0" == "/keys/0")
    }

    @Test("counts on both sides of their edge", arguments: [(1, 100, 101), (1, 500, 501)])
    func counts(_ least: Int, _ most: Int, _ over: Int) {
        func keys(_ count: Int) -> String {
            #"{"keys":[\#((0..<count).map { "\"\($0)\"" }.joined(separator: ","))]}"#
        }
        func refused(_ count: Int) -> Bool {
            most == 100 ? error(GetVectors.self, keys(count)) != nil : error(DeleteVectors.self, keys(count)) != nil
        }
        #expect(refused(0))
        #expect(!refused(least))
        #expect(!refused(most))
        #expect(refused(over))
    }

    @Test("a member that is null is not there, an unknown one does not matter, the last of two counts")
    func tolerance() throws {
        let text = #"{"topK":1,"topK":3,"filter":null,"new":{"a":[1]},"queryVector":{"float32":[1,2],"x":1}}"#
        let query = try QueryVectors.read(Array(text.utf8)[...])
        #expect(query.body == QueryVectors(index: IndexTarget(), topK: 3, queryVector: [1, 2]).body)
    }

    @Test("no body is an empty object", arguments: ["", " \n", "{}"])
    func emptyBody(_ text: String) throws {
        #expect(try ListVectorBuckets.read(Array(text.utf8)[...]).maxResults == nil)
    }

    @Test(
        "a body that is no object is a SerializationException", arguments: ["null", "[]", "7", "{", #"{"a":"\ud800"}"#])
    func notAnObject(_ text: String) throws {
        let found = try #require(error(GetIndex.self, text))
        #expect(found.code == .serialization)
        #expect(found.status == 400)
        #expect(found.message.hasPrefix("UnknownError: "))
    }

    @Test("numbers that are not finite come as strings; numbers are rounded to float32")
    func floats() throws {
        let text = #"{"vectors":[{"key":"a","data":{"float32":["NaN","Infinity","-Infinity",1e39,1e-46,0.1,3]}}]}"#
        let put = try PutVectors.read(Array(text.utf8)[...])
        let data = try #require(put.vectors.first?.data)
        #expect(data[0].isNaN)
        #expect(data[1...] == [.infinity, -.infinity, .infinity, 0, 0.1, 3])
        let wrong = error(PutVectors.self, text.replacing("\"NaN\"", with: "\"nan\""))
        #expect(wrong?.fieldList.map(\.path) == ["/vectors/0/data/float32/0"])
    }

    @Test("a wrong type below names its place")
    func places() {
        let text = #"{"vectors":[{"key":"a","data":{"float32":[1]}},{"data":[]},7]}"#
        #expect(
            error(PutVectors.self, text)?.fieldList.map(\.path) == ["/vectors/1/key", "/vectors/1/data", "/vectors/2"])
        #expect(
            error(PutVectors.self, #"{"vectors":[{"key":"a","data":{}}]}"#)?.fieldList.map(\.path) == [
                "/vectors/0/data/float32"
            ])
    }

    @Test("whole numbers may be written with a fraction of zero, others not")
    func integers() throws {
        #expect(try ListVectors.read(Array(#"{"maxResults":1e1}"#.utf8)[...]).maxResults == 10)
        for text in ["1.5", "99999999999999999999", "18446744073709551615", "\"7\"", "-1"] {
            #expect(error(ListVectors.self, #"{"maxResults":\#(text)}"#) != nil, "\(text)")
        }
    }

    @Test("values of vectors are written in the fewest digits, distances as doubles")
    func shortest() {
        let answer = QueryVectors.Answer(
            vectors: [.init(key: "a", distance: 0.1, metadata: .object([]))], distanceMetric: .euclidean)
        let text = String(decoding: answer.body, as: UTF8.self)
        let hit = #"{"key":"a","distance":0.10000000149011612,"metadata":{}}"#
        #expect(text == #"{"vectors":[\#(hit)],"distanceMetric":"euclidean"}"#)
        let vectors = GetVectors.Answer(vectors: [VectorOutput(key: "\u{e9}\"", data: [0.1, 1, -1e-9])])
        #expect(
            String(decoding: vectors.body, as: UTF8.self)
                == #"{"vectors":[{"key":"é\"","data":{"float32":[0.1,1,-1e-09]}}]}"#)
    }
}
