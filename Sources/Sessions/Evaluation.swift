import LuaFlow

/// The result of an input.
public struct Evaluation {
    /// Why it failed.
    public struct Failure: Sendable {
        /// `syntax error`, `error`, `interrupted`, `out of memory`, `time limit`.
        public let kind: String
        /// The message with the name of the input or file and the line: `cell 2:1: ...`.
        public let message: String
        /// For people: the message, the line with a caret, and the calls.
        public let text: String
    }

    /// The values of the last expression.
    public var values: [Value] = []
    /// The representations of each value, `text/plain` first; none if a semicolon suppresses them.
    public var shown: [[Representation]] = []
    /// The page for `?name`.
    public var page: String?
    public var failure: Failure?
    /// The status if `os.exit` ended it.
    public var exit: Int?
}

extension Session {
    /// How wide texts are that a session makes for people: what fits beside JupyterLab's list of files in a window of
    /// 1200 pixels.
    package static let columns = 92

    /// Evaluates a cell, one or more lines of Lua. Its value is that of a last expression, which may be a call; `?name`
    /// and `name?` give the page of a name. A top-level `local` is visible in later cells.
    ///
    /// ``LuaHost/Interpreter/interrupt()`` stops it from another thread.
    /// - Parameters:
    ///   - number: the cell's number in messages; nil for the next one.
    ///   - isAside: whether it is a client's own question, beside the cells: it is number 0 in messages, so that those
    ///     that name a cell show that cell's text, and `_` stays what it was.
    ///   - isColoured: whether ``Evaluation/Failure/text`` is marked up as terminals have it.
    ///   - streams: who takes what it writes and gives what it reads; nil for the process's own streams. What scripts
    ///     do by `print` and `io` goes there once ``LuaHost/Interpreter/takeStreams()`` was called.
    public func evaluate(
        _ text: String, number: Int? = nil, isAside: Bool = false, isColoured: Bool = false,
        streams: RunStreams? = nil
    ) -> Evaluation {
        var evaluation = Evaluation()
        let style = Style(isColoured: isColoured, isOnRed: true)
        func fail(_ kind: String, _ message: String, _ text: String? = nil) {
            evaluation.failure = Evaluation.Failure(
                kind: kind, message: message, text: text ?? style.error(message) + "\n")
        }
        let name = newName(for: text, number: number, isAside: isAside)
        do {
            if let asked = Session.askedPage(text) {
                evaluation.page = try host.interpreter.evaluation { try self.explained(asked) }
                return evaluation
            }
            guard !text.trimmed.isEmpty else { return evaluation }
            let input = cell(text)
            switch input.form {
            case .uncalled: fail("syntax error", "\(name): " + UncalledMethod.text(input.text, self))
            case .wrong, .unfinished:
                guard let best = syntaxError(input.kept) else { break }
                let text = view(style, columns: Session.columns).text(best.error, at: best.offset)
                fail("syntax error", best.error.message, text)
            default:
                try host.interpreter.evaluation {
                    try RunStreams.$current.withValue(streams) {
                        defer { self.host.interpreter.flushStreams() }
                        try self.run(input, isAside: isAside, into: &evaluation)
                    }
                }
            }
        } catch {
            if case .exit(let status) = error.kind {
                evaluation.exit = status
            } else {
                let text = failureText(error, style, columns: Session.columns)
                fail(error.kind.words, error.messageWithPlace, text)
                if let taken = takeOffFailingHook(error) { evaluation.failure = evaluation.failure?.adding(taken) }
            }
        }
        return evaluation
    }

    private func run(_ input: Input, isAside: Bool, into evaluation: inout Evaluation) throws {
        guard case .table(let results)? = try run(input).answer.first else { return }
        if !isAside { try keep(results) }
        noteDone(input)
        guard case .integer(let count) = try results.value(for: "n"), count > 0 else { return }
        evaluation.values = try (1...count).map { try results.value(at: $0) }
        if Session.isSilent(input.text) { return }
        if let complaint = try unknown(input, results) { throw ScriptError("", complaint) }
        if count == 1, case .boolean(true)? = try helpers.call("is_standard_file", [.table(results)]).first { return }
        // nil from a call that was made for its effect is not shown.
        if count == 1, input.endsInCall, case .none = evaluation.values[0] { return }
        evaluation.shown = try (1...count).map { try representations(results, $0) }
    }

    /// An input as a notebook's cell, of which the value of a last call is the result.
    private func cell(_ text: String) -> Input {
        let input = read(text)
        guard input.form == .statements, let start = InputForm.lastCall(in: input.kept) else { return input }
        return Input(text: input.text, kept: input.kept, form: .ending(at: start), endsInCall: true)
    }

    /// The name in `?name` or `name?`; nil if no page is asked for.
    static func askedPage(_ text: String) -> String? {
        let trimmed = text.trimmed
        guard !trimmed.contains("\n") else { return nil }
        if trimmed.hasPrefix("?") { return trimmed.trimming { $0 == "?" }.trimmed }
        guard trimmed.hasSuffix("?") else { return nil }
        let name = trimmed.trimming { $0 == "?" }.trimmed
        // `-- why?` is a comment.
        return Lua.tokens(name).allSatisfy({ $0.kind == .name || $0.isSymbol(".") || $0.isSymbol(":") }) ? name : nil
    }

    /// A page, or the contents of a variable.
    private func explained(_ name: String) throws -> String {
        do { return try page(name) } catch let error as ScriptError {
            guard Lua.isName(name), let container = try container(of: name) else {
                throw ScriptError("", error.message)
            }
            return try described(name, in: container)
        }
    }

    private func described(_ name: String, in container: Value) throws -> String {
        Layout(columns: Session.columns).text(
            try Inspector(helpers, columns: Session.columns).shown(name, in: container)) + "\n"
    }

    // MARK: Ways to show a value

    /// The representations of the `index`-th result: text, and an image or a table where it is one. Inside an
    /// evaluation, as a `__tostring` may run.
    package func representations(_ results: any ScriptTable, _ index: Int) throws -> [Representation] {
        let shown = try Inspector(helpers, columns: Session.columns).result(results, index)
        let plain = Representation("text/plain", Layout(columns: Session.columns).text(shown))
        let value = try results.value(at: index)
        // If the rich representation fails, only text is shown.
        let more = try? rich(value)
        try Cancellation.check()
        return [plain] + (more ?? [])
    }

    /// The same for a single value.
    package func representations(of value: Value) throws -> [Representation] {
        guard case .table(let results)? = try helpers.call("pack", [value]).first else { return [] }
        return try representations(results, 1)
    }

    private func rich(_ value: Value) throws -> [Representation] {
        if let pictures = try PicturePreview.representations(value) { return pictures }
        let table: String? =
            switch value {
            case .object(let object as Variable): try HTMLTable.text(object.value)
            case .object(let object as any TabularObject): HTMLTable.text(object.table)
            case .table(let list): try HTMLTable.text(list)
            default: nil
            }
        return table.map { [Representation("text/html", $0)] } ?? []
    }

    // MARK: Errors

    /// An error for people; if a script raised a value, it is shown like other values.
    package func failureText(_ error: LuaError, _ style: Style, columns: Int) -> String {
        let view = view(style, columns: columns)
        guard error.isPlainObject else { return view.text(error) }
        do {
            // Shown like any value; its __tostring may run and be interrupted.
            return try host.interpreter.evaluation {
                let shown = try Inspector(helpers, columns: columns - 6).shown(host.interpreter.raisedValue(error))
                return style.error("error " + Layout(columns: columns - 6).text(shown)) + "\n" + view.calls(error)
            }
        } catch { return view.text(error) }
    }
}

extension Evaluation.Failure {
    fileprivate func adding(_ note: String) -> Evaluation.Failure {
        Evaluation.Failure(kind: kind, message: message, text: text + note + "\n")
    }
}

extension LuaError {
    fileprivate var messageWithPlace: String { (place.map { "\($0): " } ?? "") + abridged(message) }
}

extension LuaError.Kind {
    fileprivate var words: String {
        switch self {
        case .syntax: "syntax error"
        case .runtime: "error"
        case .file: "file error"
        case .memory: "out of memory"
        case .interrupted: "interrupted"
        case .timeLimit: "time limit"
        case .exit: "exit"
        }
    }
}

extension String {
    /// Without the characters at both ends for which `isEdge` is true.
    fileprivate func trimming(_ isEdge: (Character) -> Bool) -> String {
        var text = self[...]
        while let first = text.first, isEdge(first) { text.removeFirst() }
        while let last = text.last, isEdge(last) { text.removeLast() }
        return String(text)
    }
}
