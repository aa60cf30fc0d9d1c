/// Whether operations are recorded. On unless inside `autodiff.no_grad` or a backward pass that need not be
/// differentiated itself.
public enum GradMode {
    @TaskLocal public static var isEnabled = true
}

/// Whether every operation is watched for the first NaN. Slow; for finding where one comes from.
public enum AnomalyMode {
    @TaskLocal public static var isEnabled = false
}
