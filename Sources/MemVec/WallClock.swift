internal import Glibc

/// The time of day, for what people read and for what outlives a process.
enum WallClock {
    /// Since 1970.
    static var seconds: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
