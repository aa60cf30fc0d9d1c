import Dispatch

/// When a checkpoint is due: after a given number of steps, or so often that saving takes a twentieth of the time at
/// most, and not more than every half minute.
struct CheckpointClock {
    private let every: Int?
    private var lastStep = 0
    private var cost: UInt64 = 0
    private var lastEnd: UInt64 = 0

    init(every: Int?) { self.every = every }

    func isDue(_ step: Int) -> Bool {
        if let every { return step - lastStep >= every }
        return DispatchTime.now().uptimeNanoseconds > lastEnd + max(30_000_000_000, 20 * cost)
    }

    mutating func measure(step: Int, _ save: () throws -> Void) rethrows {
        let start = DispatchTime.now().uptimeNanoseconds
        try save()
        lastEnd = DispatchTime.now().uptimeNanoseconds
        (cost, lastStep) = (lastEnd - start, step)
    }

    /// After a save that failed, the next is due after the same interval as after one that worked.
    mutating func postpone(step: Int) {
        lastStep = step
        lastEnd = DispatchTime.now().uptimeNanoseconds
    }
}
