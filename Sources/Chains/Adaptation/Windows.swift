/// Stan's schedule of a warm-up: a start and an end in which only the step size is found, and between them windows,
/// each twice as long as the one before, from whose draws the metric is estimated.
struct Windows: Equatable {
    /// Steps (from 1) whose draws count for the metric.
    let collecting: ClosedRange<Int>?
    /// Steps after which a window ends.
    let ends: Set<Int>

    init(_ warmup: Int) {
        guard warmup >= 20 else {
            (collecting, ends) = (nil, [])
            return
        }
        var (start, window, rest) = (75, 25, 50)
        if start + window + rest > warmup {
            (start, rest) = (Int(0.15 * Double(warmup)), Int(0.1 * Double(warmup)))
            window = warmup - start - rest
        }
        let last = warmup - rest
        var (ends, end) = (Set<Int>(), start + window)
        while end < last {
            // The next window is twice as long, or takes all that remains where no further one would fit behind it.
            ends.insert(end)
            window *= 2
            end = end + window + 2 * window > last ? last : end + window
        }
        ends.insert(last)
        self.ends = ends
        collecting = start + 1...last
    }
}
