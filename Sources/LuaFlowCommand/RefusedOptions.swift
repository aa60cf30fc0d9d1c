import ArgumentParser

/// Options of the group that all commands share which some of them refuse. They cannot be hidden from one command
/// alone, so its help is printed without them.
enum RefusedOptions {
    private static let sandbox = ["--sandbox", "--allow-read", "--allow-write"]
    private static let all = sandbox + ["--capsule", "--memory", "--timeout"]

    private static let byCommand = [
        "watch": sandbox, "kernel": sandbox + ["--capsule"], "repl": sandbox + ["--capsule"],
        "plugins": sandbox + ["--capsule"], "replay": ["--capsule"],
        "check": all, "doc": all,
    ]

    /// A command's help without what it refuses.
    static func leftOut(of help: String, for command: String?) -> String {
        guard let command, let refused = byCommand[command] else { return help }
        var isLeftOut = false
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            // What is said of an option goes on further in; the next option begins like this one.
            if !line.hasPrefix("   ") {
                isLeftOut = refused.contains { line.hasPrefix("  \($0) ") || line == "  \($0)" }
            }
            return !isLeftOut
        }
        // A heading with nothing below it.
        return lines.joined(separator: "\n").replacing("LIMITS:\n\n", with: "")
    }
}

extension HostOptions {
    /// For commands that run no script.
    /// - Throws: `ValidationError` for an option that would do nothing.
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
