import LuaFlow
import Sessions

extension Command {
    static let time = Command(
        "time", ":time [N] EXPRESSION", "Runs it, once or N times, and says how long that took.", argument: .code
    ) { session, text in
        let count = text.prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(count.count)
        // `100 + 1` is an expression, not 100 runs.
        guard let times = Int(count), rest.first?.isWhitespace == true,
            session.session.form(of: TopLevelLocals.kept(text)) != .expression
        else {
            try once(session, text)
            return .stay
        }
        guard (1...1_000_000_000).contains(times) else {
            throw ScriptError(":time", "a number of runs from 1 to 1000000000 expected, got \(count)")
        }
        try repeated(session, String(rest).trimmed, times)
        return .stay
    }

    private static func once(_ session: PromptSession, _ text: String) throws {
        guard !text.isEmpty else {
            throw ScriptError(":time", "an expression expected: :time tensor.zeros(1000, 1000)")
        }
        let memory = session.host.interpreter.memory
        let before = memory.chargedBytes
        let clock = ContinuousClock()
        let start = clock.now
        let results = try session.evaluate(text, with: "evaluate")
        let seconds = Timing.seconds(clock.now - start)
        let charged = memory.chargedBytes - before
        if case .table(let table)? = results.first {
            try session.session.keep(table)
            if !Session.isSilent(text) { try session.show(table) }
        }
        session.note(.input(text))
        session.say(Timing.text(seconds) + (charged > 0 ? ", \(Timing.bytes(charged)) allocated" : ""))
    }

    private static func repeated(_ session: PromptSession, _ text: String, _ times: Int) throws {
        let clock = NativeFunction(
            Declaration("clock", "Seconds since some fixed moment.", returns: .number) {
                Timing.seconds(ContinuousClock.now - Timing.start)
            })
        let answer = try session.evaluate(text, with: "measure", [.integer(times), .closure(clock, bound: [])])
        session.note(.repeated(text, times: times))
        guard case .table(let table)? = answer.first, let seconds = try table.numbers()?.sorted(), !seconds.isEmpty
        else { return }
        let median = (seconds[(seconds.count - 1) / 2] + seconds[seconds.count / 2]) / 2
        session.say(
            "\(times) run\(times == 1 ? "" : "s"): median \(Timing.text(median)), "
                + "from \(Timing.text(seconds[0])) to \(Timing.text(seconds[seconds.count - 1]))")
    }
}

/// Durations and sizes as text.
enum Timing {
    static let start = ContinuousClock.now

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }

    static func text(_ seconds: Double) -> String {
        switch seconds {
        case 1...: rounded(seconds) + " s"
        case 1e-3...: rounded(seconds * 1e3) + " ms"
        case 1e-6...: rounded(seconds * 1e6) + " us"
        default: rounded(seconds * 1e9) + " ns"
        }
    }

    static func bytes(_ count: Int) -> String {
        switch count {
        case (1 << 30)...: rounded(Double(count) / Double(1 << 30)) + " GB"
        case (1 << 20)...: rounded(Double(count) / Double(1 << 20)) + " MB"
        case (1 << 10)...: rounded(Double(count) / Double(1 << 10)) + " kB"
        default: "\(count) bytes"
        }
    }

    /// Rounded to three significant digits.
    private static func rounded(_ value: Double) -> String {
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let scale = [1.0, 10.0, 100.0][digits]
        let units = Int((value * scale).rounded())
        guard digits > 0 else { return String(units) }
        let fraction = String(units % Int(scale))
        return "\(units / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
