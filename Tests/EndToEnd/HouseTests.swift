import Testing

@testable import MemVec
