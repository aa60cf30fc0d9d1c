import Foundation
import LuaFlow

/// Shows long texts at a terminal through the user's pager: `PAGER`, else less.
enum Pager {
    /// Prints the text, through the pager if it has more lines than the terminal. A pager that is missing, or set to
    /// nothing or to cat, is not used.
    static func show(_ text: String) {
        guard isLong(text), let command = command(ProcessInfo.processInfo.environment) else {
            return print(text, terminator: "")
        }
        // Options of less: quit at the end of a short text, keep the screen, pass colours on.
        setenv("LESS", "FRX", 0)
        fflush(nil)
        // Leaving the pager early closes the pipe.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        guard let pipe = popen(command, "w") else { return print(text, terminator: "") }
        fputs(text, pipe)
        // 127: the shell did not find the program.
        if pclose(pipe) >> 8 == 127 { print(text, terminator: "") }
    }

    private static func isLong(_ text: String) -> Bool {
        var size = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else {
            return false
        }
        let columns = max(Int(size.ws_col), 1)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).reduce(0) {
            $0 + max((TerminalText.width($1) + columns - 1) / columns, 1)
        }
        return lines > Int(size.ws_row)
    }

    static func command(_ environment: [String: String]) -> String? {
        let terminal = environment["TERM"] ?? ""
        guard !terminal.isEmpty, terminal != "dumb" else { return nil }
        let chosen = environment["PAGER"] ?? "less 2>/dev/null"
        return chosen.isEmpty || chosen == "cat" ? nil : chosen
    }
}
