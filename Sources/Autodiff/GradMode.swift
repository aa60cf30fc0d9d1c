/// Whether operations are recorded. True except inside `autodiff.no_grad` and in a backward pass that is not itself
/// recorded.
public enum GradMode {
    /// For the current task or thread; `withValue(false)` turns recording off for a piece of code.
    @TaskLocal public static var isEnabled = true
}

/// Whether every operation is checked for the first NaN. Slow; for finding where a NaN comes from.
public enum AnomalyMode {
    /// For the current task or thread; training turns it on to find where its first NaN came from.
    @TaskLocal public static var isEnabled = false
}
