/// Whether operations are recorded. On unless inside `autodiff.no_grad` or a backward pass that need not be
/// differentiated itself.
public enum GradMode {
    @TaskLocal public static var isEnabled = true
}
