import LuaFlow
import Sessions

/// A session at a prompt: its inputs and answers on a console, its commands, and the record for `:save`. ``Prompt``
/// reads the lines, ``Sessions/Session`` evaluates them.
public final class PromptSession {
    let session: Session
    let console: Console
    let commands: Commands
    /// The session's host, with its globals and services.
    public var host: Host { session.host }
    var helpers: Helpers { session.helpers }

    /// Inputs that succeeded, for `:save`.
    private(set) var record: [Record] = []
    /// Failures of completers that were reported already.
    var saidOfCompletion: Set<String> = []
    /// Whether image tensors are shown as images.
    var showsPictures = true
    /// The file that `:reload` runs again.
    var lastFile: (path: ByteString, arguments: [ByteString])?

    /// An input or another action that succeeded.
    enum Record {
        case input(String)
        /// A `local` whose name has another meaning elsewhere: from here on it is the prompt's variable.
        case shadowed([String])
        /// `:load`, or the user's start-up file; with the modules that `:reload` unloaded before, and the file's
        /// locals.
        case file(String, arguments: [String], forgotten: [String], isStartUp: Bool, locals: Set<String>)
        /// `:time N INPUT`.
        case repeated(String, times: Int)
        /// A command that a script registered.
        case command(String, String)
        /// An action that a script cannot repeat.
        case omitted(String)
    }

    /// What follows after an input.
    public enum Outcome: Equatable, Sendable {
        /// The prompt asks for the next input.
        case stay
        /// The input continues on the next line.
        case unfinished
        case leave(Departure)
    }

    /// Why the prompt ended.
    public enum Departure: Equatable, Sendable {
        /// Ctrl-D or `:quit`.
        case end
        /// `os.exit`.
        case exit(status: Int)
        /// A command of the code that opened the prompt, with the text after it.
        case command(name: String, argument: String)
    }

    /// - Parameters:
    ///   - names: a table whose entries can be read and assigned as variables.
    ///   - running: the result of ``LuaHost/Interpreter/runningVariables()``, for a prompt inside a run.
    ///   - commands: more commands beside the prompt's own.
    public init(
        host: Host, console: Console = .standard, names: (any ScriptTable)? = nil, running: [Value] = [],
        commands: [Command] = []
    ) throws {
        session = try Session(host: host, names: names, running: running)
        self.console = console
        self.commands = Commands(own: commands)
    }

    // MARK: Inputs

    /// Evaluates an input, which may have several lines, and prints the answer.
    public func enter(_ text: String) -> Outcome {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return .stay }
        if let outcome = commands.run(trimmed, in: self) ?? plainWord(trimmed) { return outcome }
        let input = session.read(text)
        switch input.form {
        case .unfinished: return .unfinished
        case .uncalled:
            complain(UncalledMethod.text(input.text, session))
            return .stay
        case .wrong:
            session.newName(for: input.text)
            if let best = session.syntaxError(input.kept) { console.write(view.text(best.error, at: best.offset)) }
            return .stay
        default: return run(input)
        }
    }

    /// `exit`, `quit` and `help`, also with parentheses as in other prompts, unless variables have these names.
    private func plainWord(_ input: String) -> Outcome? {
        let call = input.hasSuffix("()") ? String(input.dropLast(2)) : input
        let words = call.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let word = words.first, let command = ["exit": "quit", "quit": "quit", "help": "help"][word],
            words.count == 1 || (word == "help" && words.count == 2 && words[1].first?.isLetter == true),
            (try? session.isKnown(word)) == false
        else { return nil }
        return commands.run(words.count == 2 ? "?" + words[1] : ":" + command, in: self)
    }

    private func run(_ input: Session.Input) -> Outcome {
        session.newName(for: input.text)
        var isUnknown = false
        var shadowed: [String] = []
        let outcome = protected {
            let ran = try session.run(input)
            shadowed = ran.shadowed
            guard case .table(let results)? = ran.answer.first else { return }
            try session.keep(results)
            if Session.isSilent(input.text) { return }
            if let complaint = try session.unknown(input, results) {
                isUnknown = true
                complain(complaint)
            } else {
                try show(results)
            }
        }
        if outcome == .done, !isUnknown {
            session.noteDone(input)
            if !shadowed.isEmpty { note(.shadowed(shadowed)) }
            note(.input(input.text))
        }
        return outcome.next
    }

    /// Runs `helper` on a text, under a name with which errors can show the source.
    func evaluate(_ text: String, with helper: String, _ arguments: [Value] = []) throws -> [Value] {
        session.newName(for: text)
        let kept = TopLevelLocals.kept(text)
        let input = Session.Input(text: text, kept: kept, form: session.form(of: kept))
        let (answer, shadowed) = try session.run(input, with: helper, arguments)
        if !shadowed.isEmpty { note(.shadowed(shadowed)) }
        return answer
    }

    /// Remembers what was done, for `:save`.
    func note(_ done: Record) { record.append(done) }

    /// The end of something that may fail.
    enum Ending: Equatable {
        case done, failed
        case exit(Int)

        var next: Outcome {
            if case .exit(let status) = self { return .leave(.exit(status: status)) }
            return .stay
        }
    }

    /// Runs `body` so that Ctrl-C stops it and its errors are shown.
    func protected(_ body: () throws -> Void) -> Ending {
        do {
            try host.interpreter.evaluation { try body() }
            return .done
        } catch {
            if case .exit(let status) = error.kind { return .exit(status) }
            report(error)
            return .failed
        }
    }

    // MARK: Answers

    func show(_ results: [Value]) throws {
        guard case .table(let table)? = try helpers.call("pack", results).first else { return }
        try show(table)
    }

    /// Prints results, each on lines of its own; nothing for no results.
    func show(_ results: any ScriptTable) throws {
        guard case .integer(let count) = try results.value(for: "n"), count > 0 else { return }
        for index in 1...count {
            let shown = try Inspector(helpers, columns: console.columns()).result(results, index)
            console.line(Layout(columns: console.columns()).text(shown))
            guard showsPictures else { continue }
            let value = try results.value(at: index)
            // In a pause of a notebook there are pictures, not letters for them.
            if let notebook = RunStreams.current {
                if let ways = try PicturePreview.representations(value) { notebook.take(.shown(ways)) }
            } else if let picture = try PicturePreview.text(value, columns: console.columns()) {
                console.write(picture)
            }
        }
    }

    func report(_ error: LuaError) {
        defer { if let taken = session.takeOffFailingHook(error) { say(taken) } }
        console.write(session.failureText(error, console.style, columns: console.columns()))
    }

    private var view: ErrorView { session.view(console.style, columns: console.columns()) }

    func say(_ text: String) { console.line(Text.wrapped(text, to: console.columns(), indent: 2)) }
    func complain(_ text: String) {
        console.line(console.style.error(Text.wrapped(Text.safe(text), to: console.columns(), indent: 2)))
    }

    // MARK: Files

    /// Runs a file as `luaflow run` would; its globals stay, and what it returns is printed.
    @discardableResult
    public func load(_ path: some ByteStringConvertible, arguments: [ByteString] = []) -> Outcome {
        load(path, arguments: arguments, forgotten: [])
    }

    /// - Parameters:
    ///   - forgotten: modules that were unloaded before, to be read again.
    ///   - isStartUp: whether it is the user's start-up file, which `:reload` does not run again.
    func load(
        _ path: some ByteStringConvertible, arguments: [ByteString] = [], forgotten: [String], isStartUp: Bool = false
    ) -> Outcome {
        let path = path.byteString
        if !isStartUp { lastFile = (path, arguments) }
        session.noteFile(path)
        var stopReceiving: (any ScriptFunction)?
        var locals: FileLocals?
        let ending = protected {
            locals = try isStartUp ? nil : session.receiveLocals(of: path, &stopReceiving)
            try show(host.run(file: path, arguments: arguments, text: locals?.text))
        }
        // Not a part of the run, which may have been stopped. If there is no memory for it, the receiver stays
        // installed and is never called.
        if let stopReceiving { _ = try? host.interpreter.evaluation { try stopReceiving.call([]) } }
        if ending == .done {
            let names = Set((locals?.declarations ?? []).flatMap { $0.map(\.name) })
            note(
                .file(
                    Words.whole(path.text), arguments: arguments.map(\.text), forgotten: forgotten,
                    isStartUp: isStartUp,
                    locals: names))
        }
        return ending.next
    }

    // MARK: Completion

    /// The candidates that Tab offers after this text.
    package func candidates(_ text: String) -> [String] { complete(text).candidates }

    /// The completion of this text. Runs no code of the user except `__complete`.
    func complete(_ text: String) -> Completion {
        do {
            return try host.interpreter.evaluation {
                try CommandCompletion.complete(text, self) ?? session.completion(of: text)
            }
        } catch {
            // A failing __complete gives no candidates. The failure is reported once, as Tab is pressed often.
            var completion = Completion()
            if error.kind != .interrupted, saidOfCompletion.insert(error.message).inserted {
                completion.note =
                    console.style.error(Text.wrapped(Text.safe(error.message), to: console.columns())) + "\n"
            }
            return completion
        }
    }
}
