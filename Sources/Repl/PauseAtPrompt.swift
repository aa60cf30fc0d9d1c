import Foundation
import LuaFlow

/// The prompt inside a run, which Ctrl-C opens in a loop of `host.steps`.
public enum PauseAtPrompt {
    /// Only where there is a terminal to answer; elsewhere Ctrl-C interrupts.
    /// - Parameter isSession: whether the run was started at a prompt, which `:quit` in a pause leaves as well.
    public static func offer(in host: LuaFlow.Host, isSession: Bool) {
        guard [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].allSatisfy({ isatty($0) == 1 }) else { return }
        host.context.service(PausePrompt.self).ask = { [weak host] point in
            guard let host else { return .resume }
            return try host.interpreter.whileSomebodyLooks {
                // Overwrites the progress bar.
                StandardStream.error.write("\r\u{1B}[K")
                return try ask(host, point, isSession: isSession)
            }
        }
    }

    private static let commands: [Command] = [
        .leaving("continue", ":continue", "Goes on with the next step, as Ctrl-D does."),
        .leaving("rewind", ":rewind K", "Goes back to the state, and the random numbers, after step K."),
        .leaving("stop", ":stop", "Ends the loop with the best state so far; the script goes on behind it."),
        .leaving("abort", ":abort", "Ends the run, as Ctrl-C does without a pause."),
        .leaving("quit", ":quit", "Leaves: ends the run, with status 130, or the session that it belongs to."),
    ]

    /// The prompt of a paused loop; returns what was decided.
    /// - Parameters:
    ///   - isSession: whether the run was started at a prompt, which `:quit` leaves as well.
    ///   - lines: the source of inputs; by default the terminal.
    package static func ask(
        _ host: LuaFlow.Host, _ point: PausePoint, isSession: Bool, console: Console = .standard,
        lines: (any LineSource)? = nil
    ) throws -> PauseDecision {
        let departure = try Repl.pause(
            host, names: point.state, commands: commands, greeting: try greeting(point), console: console, lines: lines)
        return switch departure {
        case .end, .command("continue", _): .resume
        case .command("rewind", let text): .rewind(text)
        case .command("stop", _): .stop
        case .command("abort", _): .abort
        // A status other than 0, so that commands after the script in a shell do not run.
        case .command("quit", _): .exit(isSession ? 0 : 130)
        case .command: .resume
        case .exit(let status): .exit(status)
        }
    }

    private static func greeting(_ point: PausePoint) throws -> String {
        let note = point.note.isEmpty ? "" : "\(point.note).\n"
        let names = try point.state.entries().compactMap { key, _ -> String? in
            guard case .string(let name) = key else { return nil }
            return name.text
        }
        return note
            + "Paused after \(point.summary).\n"
            + "Variables: \(names.sorted().joined(separator: ", ")); and the loop's own. "
            + ":continue, :rewind K, :stop with the best, :abort, :quit."
    }
}
