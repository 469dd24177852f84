import Testing

@testable import Tiers

@Suite("Token bucket")
struct TokenBucketTests {
    @Test("it fills at its rate up to its burst, and what was overspent is earned back first")
    func filling() {
        var bucket = TokenBucket(bytesPerSecond: 100, leastBurst: 50, now: .zero)
        #expect(bucket.available(now: .zero) == 100)
        bucket.spend(130)
        #expect(bucket.available(now: .zero) == 0)
        #expect(bucket.available(now: .milliseconds(300)) == 0)
        #expect(bucket.available(now: .milliseconds(800)) == 50)
        #expect(bucket.available(now: .seconds(60)) == 100)
        // A clock that goes back earns nothing.
        bucket.spend(100)
        #expect(bucket.available(now: .seconds(10)) == 0)
    }

    @Test("a burst below one block is one block, and no rate is no limit")
    func bounds() {
        var slow = TokenBucket(bytesPerSecond: 10, leastBurst: 65_536, now: .zero)
        #expect(slow.available(now: .zero) == 65_536)
        slow.spend(65_536)
        #expect(slow.available(now: .seconds(10)) == 100)
        var free = TokenBucket(bytesPerSecond: nil, leastBurst: 1, now: .zero)
        free.spend(1 << 40)
        #expect(free.available(now: .zero) == .max)
        var none = TokenBucket(bytesPerSecond: 0, leastBurst: 10, now: .zero)
        none.spend(10)
        #expect(none.available(now: .seconds(1_000_000)) == 0)
    }
}
