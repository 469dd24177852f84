import ChildProcesses
import Dispatch
import Foundation
import Synchronization
import Testing
import Vectors

@testable import Storage

@Suite("Epochs, live rows, places of faults")
struct ConcurrencyTests {
    @Test("what is retired is freed when the last reader that could see it is gone, and not before")
    func epochs() {
        let gate = EpochGate(), freed = Counter()
        gate.pinned {
            gate.retire { freed.add() }
            #expect(freed.value == 0 && gate.pendingCount == 1)
            gate.pinned { gate.collect() }
            #expect(freed.value == 0)
        }
        gate.collect()
        #expect(freed.value == 1 && gate.pendingCount == 0)
        gate.retire { freed.add() }
        #expect(freed.value == 2, "nobody reads: at once")
    }

    final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add() { count.add(1, ordering: .relaxed) }
    }

    /// An object that says when it is freed, and the place where readers find it.
    final class Box: Sendable {
        let isFreed = Atomic<Bool>(false)
    }

    final class Place: Sendable {
        private let number = Atomic<UInt>(Place.retained(Box()))

        private static func retained(_ box: Box) -> UInt {
            unsafe UInt(bitPattern: Unmanaged.passRetained(box).toOpaque())
        }

        private static func box(_ number: UInt) -> Unmanaged<Box>? {
            unsafe UnsafeRawPointer(bitPattern: number).map { unsafe Unmanaged<Box>.fromOpaque($0) }
        }

        var isFreed: Bool {
            let found = unsafe Self.box(number.load(ordering: .sequentiallyConsistent))
            return unsafe found?.takeUnretainedValue().isFreed.load(ordering: .sequentiallyConsistent) ?? true
        }

        func replace() -> @Sendable () -> Void {
            let old = number.exchange(Self.retained(Box()), ordering: .sequentiallyConsistent)
            return { Self.free(old) }
        }

        private static func free(_ number: UInt) {
            let found = unsafe box(number)
            unsafe found?.takeUnretainedValue().isFreed.store(true, ordering: .sequentiallyConsistent)
            unsafe found?.release()
        }

        deinit { Self.free(number.load(ordering: .relaxed)) }
    }

    @Test("readers beside a writer that replaces and retires never see a freed object")
    func epochRace() {
        let gate = EpochGate(), wrong = Counter(), isDone = Counter(), place = Place()
        let steps = Seed.steps(3000, most: 50_000)
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            guard thread == 0 else {
                repeat { gate.pinned { if place.isFreed { wrong.add() } } } while isDone.value == 0
                return
            }
            for _ in 0..<steps { gate.retire(place.replace()) }
            isDone.add()
        }
        gate.collect()
        #expect(wrong.value == 0 && gate.pendingCount == 0)
    }

    @Test("live rows are a set of rows, across chunks", arguments: Seed.quick)
    func liveRows(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed), model: Set<Row> = []
        let live = try LiveRows()
        #expect(!live.contains(Row(.max)))
        for _ in 0..<2000 {
            let row = Row(UInt32(random.below(3) * 65_536 + random.below(200)))
            let isLive = random.below(3) > 0
            try live.set(row, live: isLive)
            if isLive { model.insert(row) } else { model.remove(row) }
        }
        #expect(Set(live.snapshot(rowCount: 200_000).rows) == model, "MEMVEC_SEED=\(seed)")
        #expect(Set(live.snapshot(rowCount: 100).rows).isSubset(of: model))
        try live.grow(from: Row(0), through: Row(400_000))
        #expect(live.byteCount == 7 * 8192)
    }

    @Test("a place counts to the number it was armed with, and does nothing once disarmed")
    func places() {
        let count = Counter()
        FaultPoint.arm("test.place") { count.add() }
        FaultPoint.reached("test.place")
        FaultPoint.reached("test.other")
        #expect(count.value == 1)
        FaultPoint.arm("test.place", nil)
        FaultPoint.reached("test.place")
        #expect(count.value == 1)
    }

    @Test("the environment stops a process at the n-th time that a place is reached")
    func armedFromEnvironment() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            unsafe setenv("MEMVEC_KILL_AT", "test.place:3", 1)
            FaultPoint.armFromEnvironment()
            FaultPoint.reached("test.place")
            FaultPoint.reached("test.place")
            FaultPoint.reached("test.elsewhere")
            FaultPoint.reached("test.place")
            exit(EXIT_SUCCESS)
        }
    }

    @Test("a process that pauses at a place goes on when it is told to")
    func pause() async {
        await #expect(processExitsWith: .exitCode(9)) {
            unsafe setenv("MEMVEC_PAUSE_AT", "test.place", 1)
            FaultPoint.armFromEnvironment()
            let wait = "until grep -q 'State:.T' /proc/\(getpid())/status; do :; done; kill -CONT \(getpid())"
            let waker = try SpawnedProcess("/bin/sh", ["-c", wait])
            FaultPoint.reached("test.place")
            exit(await waker.end().exitCode == 0 ? 9 : 1)
        }
    }
}
