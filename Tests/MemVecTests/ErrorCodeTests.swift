import MemVec
import Storage
import Testing

@testable import Index

@Test("every error of the library has a code, errors of others have none")
func errorCodes() {
    struct Foreign: Error {}
    #expect(ErrorCode.of(MemVecError.closed) == "closed")
    #expect(ErrorCode.of(StorageError.missing(path: "/x")) == "missing")
    #expect(ErrorCode.of(IndexError.factory("X", why: "y")) == IndexError.factory("X", why: "y").code)
    #expect(throws: InputError.self) { try VectorKey("") }
    do { _ = try VectorKey("") } catch { #expect(ErrorCode.of(error) == error.code) }
    #expect(ErrorCode.of(Foreign()) == nil)
}
