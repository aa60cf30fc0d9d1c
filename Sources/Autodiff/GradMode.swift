/// Whether operations are recorded. True except inside `autodiff.no_grad` and in a backward pass that is not itself
/// recorded.
public enum GradMode {
    @TaskLocal public static var isEnabled = true
}

/// Whether every operation is checked for the first NaN. Slow; for finding where a NaN comes from.
public enum AnomalyMode {
    @TaskLocal public static var isEnabled = false
}
