/// Whether files that a script saves are written. Of several programs that run one script together, one writes them; a
/// host binds it for its runs.
public enum FileWriting {
    @TaskLocal public static var isOn = true
}
