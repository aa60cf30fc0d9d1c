import ArgumentParser

/// Options of the shared group that some commands refuse. ArgumentParser cannot hide them in one command only, so they
/// are removed from its help text.
enum RefusedOptions {
    private static let sandbox = ["--sandbox", "--allow-read", "--allow-write"]
    private static let all = sandbox + ["--capsule", "--memory", "--timeout"]

    private static let byCommand = [
        "watch": sandbox, "kernel": sandbox + ["--capsule"], "repl": sandbox + ["--capsule"],
        "plugins": sandbox + ["--capsule"], "replay": ["--capsule"],
        "check": all, "doc": all,
    ]

    /// A command's help without the options that it refuses.
    static func leftOut(of help: String, for command: String?) -> String {
        guard let command, let refused = byCommand[command] else { return help }
        var isLeftOut = false
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            // An option's description is indented further; the next option is indented like this one.
            if !line.hasPrefix("   ") {
                isLeftOut = refused.contains { line.hasPrefix("  \($0) ") || line == "  \($0)" }
            }
            return !isLeftOut
        }
        // A heading without options is removed.
        return lines.joined(separator: "\n").replacing("LIMITS:\n\n", with: "")
    }
}

extension HostOptions {
    /// For commands that run no scripts.
    /// - Throws: `ValidationError` for an option that would have no effect.
    func refuseAllButPlugins() throws {
        let given = [
            ("--capsule", capsule != nil), ("--sandbox", limits.sandbox), ("--memory", limits.memory != nil),
            ("--timeout", limits.timeout != nil), ("--allow-read", !limits.allowRead.isEmpty),
            ("--allow-write", !limits.allowWrite.isEmpty),
        ]
        if let (option, _) = given.first(where: \.1) {
            throw ValidationError("\(option): for commands that run a script only")
        }
    }
}
