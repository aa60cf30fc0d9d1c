/// The message about wrong words: one line with the option, its value and what was expected, and a hint if there is
/// one; in the form that scripts use for their own options.
///
///     luaflow: The value 'x' is invalid for '--timeout <seconds>': Stop the script after this time: 10, 0.5, 2m.
///     Try: luaflow run --help
enum UsageMessage {
    /// - Parameter full: ArgumentParser's own message: `Error:`, perhaps `Help:`, the usage in several lines, and
    ///   `See`.
    static func text(_ full: String) -> String {
        let lines = full.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("Error: ") else { return full }
        // An error may have several lines.
        let error = lines.prefix { !$0.hasPrefix("Help:") && !$0.hasPrefix("Usage:") }.joined(separator: "\n")
            .dropFirst(7)
        var text = "luaflow: \(error)"
        if let help = lines.first(where: { $0.hasPrefix("Help:") }), let said = help.ranges(of: "  ").last {
            text += ": \(help[said.upperBound...])"
        }
        if let see = lines.last(where: { $0.hasPrefix("  See '") }), let end = see.dropFirst(7).firstIndex(of: "'") {
            text += "\nTry: \(see.dropFirst(7)[..<end])"
        }
        return text
    }
}
