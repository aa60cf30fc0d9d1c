/// Whether files that a script saves are really written. Of several ranks that run one script, only one writes; a host
/// binds this for its runs.
public enum FileWriting {
    /// False where nothing is to be written: saving then leaves the disk alone.
    @TaskLocal public static var isOn = true
}
