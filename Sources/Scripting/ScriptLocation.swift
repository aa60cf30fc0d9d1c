/// Where in a script the work of the current task or thread was asked for.
public struct ScriptLocation: Sendable {
    /// A host binds one for the length of a run.
    @TaskLocal public static var current: ScriptLocation?

    /// Answers `script.lua:12`, or nil outside any script.
    public let describe: @Sendable () -> String?

    public init(describe: @escaping @Sendable () -> String?) {
        self.describe = describe
    }
}
