import Editors
import LuaFlow

/// One conversation with a host: what was entered, what it answered. Knows no terminal; ``Prompt`` brings one.
public final class Session {
    public let host: Host
    let console: Console
    let helpers: Helpers
    let commands: Commands
    /// The environment of inputs: none where they see globals only, else what stands in front of those as well.
    private var scope = Value.none
    /// The files that were run here, in order.
    private var filesRun: [ByteString] = []

    /// What ended well, for `:save`.
    private(set) var record: [Record] = []
    /// The texts of the inputs, by the name that messages call them.
    private(set) var sources: [String: String] = [:]
    private var number = 0

    /// What was said already of completers that fail.
    var saidOfCompletion: Set<String> = []
    /// Whether tensors that are pictures are shown as such.
    var showsPictures = true
    /// What `:reload` runs again.
    var lastFile: (path: ByteString, arguments: [ByteString])?
    /// The globals and modules that were there before the first input.
    let initialGlobals: Set<String>
    let initialModules: Set<String>
    /// Globals that inputs assigned to: one of them may be nil again.
    private var assigned: Set<String> = []

    /// One thing that was done.
    enum Record {
        case input(String)
        /// `local` of a name that is something else elsewhere: from here on it is the prompt's own.
        case shadowed([String])
        /// `:load`, or the user's start-up file; with the modules that `:reload` forgot before, and the file's variables.
        case file(String, arguments: [String], forgotten: [String], isStartUp: Bool, locals: Set<String>)
        /// `:time N INPUT`.
        case repeated(String, times: Int)
        /// A command that a script registered.
        case command(String, String)
        /// What cannot be done again by a script.
        case omitted(String)
    }

    /// What follows an input.
    public enum Outcome: Equatable, Sendable {
        case stay
        /// The input goes on in the next line.
        case unfinished
        case leave(Departure)
    }

    /// Why a conversation ended.
    public enum Departure: Equatable, Sendable {
        /// Ctrl-D or `:quit`.
        case end
        /// `os.exit`.
        case exit(status: Int)
        /// A command of the one who opened the prompt, with what was typed after it.
        case command(name: String, argument: String)
    }

    /// - Parameters:
    ///   - names: a table whose entries are visible as variables, and assigned to as such.
    ///   - running: what ``LuaHost/Interpreter/runningVariables()`` gave, for a prompt inside a run.
    ///   - commands: more commands beside the prompt's own.
    public init(
        host: Host, console: Console = .standard, names: (any ScriptTable)? = nil, running: [Value] = [],
        commands: [Command] = []
    ) throws {
        self.host = host
        self.console = console
        let helpers = try Helpers(host.interpreter)
        self.helpers = helpers
        self.commands = Commands(own: commands)
        try host.interpreter.perform {
            host.context.service(Registry.self).takeInputsTogether { $0.hasPrefix(Session.chunkPrefix) }
        }
        initialModules = Set(try helpers.names("loaded"))
        initialGlobals = Set(try Session.globals(helpers))
        if names != nil || !running.isEmpty { try openScope(names, running) }
    }

    /// From now on inputs see more than globals.
    private func openScope(_ names: (any ScriptTable)? = nil, _ running: [Value] = []) throws {
        let modules = Value.list(host.modules.map { .string($0.name) })
        let table = names.map { Value.table($0) } ?? .none
        scope = try helpers.call("scope", [table, modules] + running.prefix(3)).first ?? .none
    }

    static func globals(_ helpers: Helpers) throws -> [String] {
        try helpers.names("keys_in", [.list([helpers.call("globals").first ?? .none])])
    }

    // MARK: Inputs

    /// Evaluates an input, which may be several lines, and writes the answer.
    public func enter(_ text: String) -> Outcome {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return .stay }
        if let outcome = commands.run(trimmed, in: self) ?? plainWord(trimmed) { return outcome }
        let text = Session.withoutLeadingEquals(text)
        let kept = TopLevelLocals.kept(text)
        switch form(of: kept) {
        case .unfinished: return .unfinished
        case .uncalled:
            complain(UncalledMethod.text(text, self))
            return .stay
        case .wrong:
            number += 1
            sources[chunk] = text
            reportSyntax(kept)
            return .stay
        case let form:
            return run(text, kept, form)
        }
    }

    /// `= 1 + 1`, as Lua's own prompt had it: the sign is nothing.
    private static func withoutLeadingEquals(_ text: String) -> String {
        guard text.trimmed.hasPrefix("="), !text.trimmed.hasPrefix("=="), let sign = text.firstIndex(of: "=") else {
            return text
        }
        return text.replacingCharacters(in: sign...sign, with: " ")
    }

    /// `exit`, `quit` and `help`, also with parentheses, as other prompts have them, unless they are variables.
    private func plainWord(_ input: String) -> Outcome? {
        let call = input.hasSuffix("()") ? String(input.dropLast(2)) : input
        let words = call.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let word = words.first, let command = ["exit": "quit", "quit": "quit", "help": "help"][word],
            words.count == 1 || (word == "help" && words.count == 2 && words[1].first?.isLetter == true),
            (try? isKnown(word)) == false
        else { return nil }
        return commands.run(words.count == 2 ? "?" + words[1] : ":" + command, in: self)
    }

    private static let chunkPrefix = "input "
    private var chunk: String { Session.chunkPrefix + String(number) }

    /// - Parameter kept: an input with its top-level locals kept already.
    func form(of kept: String) -> InputForm {
        let form = try? host.interpreter.perform {
            host.interpreter.withoutScriptHook { InputForm(kept, host.interpreter) }
        }
        return form ?? .wrong
    }

    private func run(_ text: String, _ kept: String, _ form: InputForm) -> Outcome {
        number += 1
        sources[chunk] = text
        var isUnknown = false
        var shadowed: [String] = []
        let outcome = protected {
            shadowed = try shadow(text)
            let answer = try helpers.run("evaluate", [.string(form.code(kept)), .string("=" + chunk), scope])
            guard case .table(let results)? = answer.first else { return }
            try keep(results)
            if Session.isSilent(text) { return }
            isUnknown = try sayUnknown(kept.trimmed, results)
            if !isUnknown { try show(results) }
        }
        if outcome == .done, !isUnknown {
            noteAssignments(kept)
            if !shadowed.isEmpty { note(.shadowed(shadowed)) }
            note(.input(text))
        }
        return outcome.next
    }

    /// A variable that an input declares `local` under the name of something else, such as a library, hides that from later
    /// inputs, but not from files.
    private func shadow(_ text: String) throws -> [String] {
        let names = try TopLevelLocals.declared(text).filter { name in
            if initialGlobals.contains(name) || StandardLibrary.globals.contains(name)
                || StandardLibrary.libraries[name] != nil || host.modules.contains(where: { $0.name == name })
            {
                return true
            }
            if case .none = scope { return false }
            return try variables().names.contains(name)
        }
        guard !names.isEmpty else { return [] }
        scope = try helpers.call("shadow", [scope, .list(names.map { .string($0) })]).first ?? scope
        return names
    }

    // MARK: Names that are nothing

    /// A name alone that no variable has: nothing has this value, and a slip of the keys must not look like it.
    private func sayUnknown(_ input: String, _ results: any ScriptTable) throws -> Bool {
        guard Lua.isName(input), !assigned.contains(input), case .integer(1) = try results.value(for: "n"),
            case .none = try results.value(at: 1), try !isKnown(input)
        else { return false }
        complain("unknown name \(input)" + (ended(input) ?? nearest(input)))
        return true
    }

    /// Of a name that a file has inside a loop, a block or a function: such variables go when that ends, those of a loop's body
    /// after each of its rounds.
    private func ended(_ name: String) -> String? {
        let files = filesRun.reversed() + host.loadedFiles.all.filter { $0.kind == .lua }.map(\.path)
        guard let place = files.lazy.compactMap({ FileLocals.place(of: name, in: $0) }).first else { return nil }
        return
            " (a local of \(place), out of reach here: its block or function is over, or elsewhere; what a loop keeps in "
            + "its state can be seen: state.\(name) = \(name))"
    }

    /// ` (did you mean "x"?)`, or nothing.
    func nearest(_ name: String) -> String {
        let names = ((try? visibleNames("")) ?? []).filter { $0 != name }
        return suggestion(for: name, among: Set(names).sorted())
    }

    private func isKnown(_ name: String) throws -> Bool {
        if assigned.contains(name) { return true }
        if case .boolean(true)? = try helpers.call("is_known", [.string(name)]).first { return true }
        return host.modules.contains { $0.name == name }
    }

    private func noteAssignments(_ code: String) {
        guard let tree = try? Parser.parse(code) else { return }
        // What is in front of the globals says itself whether it is there.
        let known = Set((try? variables().names) ?? [])
        for case .assign(let targets, _) in tree.body.statements.map(\.kind) {
            for case .name(.global(let name)) in targets.map(\.kind) where !known.contains(name) {
                assigned.insert(name)
            }
        }
    }

    /// Makes the first of some results `_`; nil leaves it as it is.
    func keep(_ results: any ScriptTable) throws {
        if case .none = try results.value(at: 1) { return }
        try helpers.call("keep", [.table(results)])
    }

    /// Remembers what was done, for `:save`.
    func note(_ done: Record) { record.append(done) }

    /// A closing semicolon keeps the answer to itself.
    static func isSilent(_ text: String) -> Bool {
        Lua.tokens(text).last { $0.kind != .comment }?.isSymbol(";") ?? false
    }

    /// How something that may fail ended.
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

    /// Prints results: each on lines of its own, nothing where there is nothing.
    func show(_ results: any ScriptTable) throws {
        guard case .integer(let count) = try results.value(for: "n"), count > 0 else { return }
        for index in 1...count {
            let shown = try Inspector(helpers, columns: console.columns()).result(results, index)
            console.line(Layout(columns: console.columns()).text(shown))
            guard showsPictures else { continue }
            if let picture = try PicturePreview.text(results.value(at: index), columns: console.columns()) {
                console.write(picture)
            }
        }
    }

    func report(_ error: LuaError) {
        defer { takeOffFailingHook(error) }
        guard error.kind == .runtime, error.message.hasPrefix("(error object is a ") else {
            return console.write(view.text(error))
        }
        // Shown like any value; its __tostring may run, and may be interrupted.
        do {
            try host.interpreter.evaluation {
                let shown = try Inspector(helpers, columns: console.columns() - 6).shown(
                    host.interpreter.raisedValue(error))
                let text = Layout(columns: console.columns() - 6).text(shown)
                console.write(console.style.error("error " + text) + "\n" + view.calls(error))
            }
        } catch { console.write(view.text(error)) }
    }

    /// A hook that raises would do so in every input from now on.
    private func takeOffFailingHook(_ error: LuaError) {
        guard error.traceback?.contains("in hook '") == true else { return }
        try? host.interpreter.perform { host.interpreter.removeScriptHook() }
        say("the hook that debug.sethook had set is taken off")
    }

    private var view: ErrorView {
        ErrorView(
            style: console.style, columns: console.columns(), inputs: sources,
            files: { [host] in host.loadedFiles.all.filter { $0.kind == .lua }.map(\.path.text) })
    }

    /// Of what the parser says of an input, as statements and as ones that end in an expression, that which comes further
    /// is meant.
    private func reportSyntax(_ kept: String) {
        var best: (offset: Int, error: LuaError)?
        for start in [nil, 0, InputForm.split(kept)] {
            let code = start.map { InputForm.returning(kept, from: $0) } ?? kept
            do { try check(code) } catch {
                let bytes = Array(code.utf8)
                var offset = LuaSyntax.error(in: bytes).flatMap { SyntaxPlace.offset(of: $0, in: bytes) } ?? 0
                if let start, offset > start {
                    offset = max(offset - InputForm.returning("", from: 0).utf8.count, start)
                }
                offset = min(offset, kept.utf8.count)
                if best.map({ offset > $0.offset }) ?? true { best = (offset, error) }
            }
        }
        if let best { console.write(view.text(best.error, at: best.offset)) }
    }

    /// With the line's end only where a string runs into it: some errors name the last line.
    private func check(_ code: String) throws(LuaError) {
        do { try host.interpreter.check(code: code, name: chunk) } catch {
            if error.isIncomplete { try host.interpreter.check(code: code + "\n", name: chunk) }
            throw error
        }
    }

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
    ///   - forgotten: modules that were forgotten before, to be read again.
    ///   - isStartUp: whether it is the user's own start-up file, which is not what `:reload` is for.
    func load(
        _ path: some ByteStringConvertible, arguments: [ByteString] = [], forgotten: [String], isStartUp: Bool = false
    ) -> Outcome {
        let path = path.byteString
        if !isStartUp { lastFile = (path, arguments) }
        if !filesRun.contains(path) { filesRun.append(path) }
        var stopReceiving: (any ScriptFunction)?
        var locals: FileLocals?
        let ending = protected {
            locals = try isStartUp ? nil : receiveLocals(of: path, &stopReceiving)
            try show(host.run(file: path, arguments: arguments, text: locals?.text))
        }
        // Not part of the run, which may have been stopped. Should there be no memory for it, what receives stays, and is
        // called by nobody.
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

    /// Makes a file's top-level variables visible at the prompt while it runs and afterwards.
    /// - Returns: the text that hands them out; nil when the file is run as it is.
    private func receiveLocals(of path: ByteString, _ stop: inout (any ScriptFunction)?) throws -> FileLocals? {
        guard let locals = FileLocals(path: path),
            try host.interpreter.compiles(locals.text, name: "@" + path.text)
        else { return nil }
        let names = locals.declarations.map { Value.list($0.map { .string($0.name) }) }
        let constants = locals.declarations.map { Value.list($0.map { .boolean($0.isConstant) }) }
        let made = try helpers.call("receive", [.string(path), .list(names), .list(constants)]).first
        guard case .function(let function)? = made else { return nil }
        stop = function
        if case .none = scope { try openScope() }
        return locals
    }

    /// Runs `helper` on a text, under a name that errors will show the source of.
    func evaluate(_ text: String, with helper: String, _ arguments: [Value] = []) throws -> [Value] {
        number += 1
        sources[chunk] = text
        let kept = TopLevelLocals.kept(text)
        let shadowed = try shadow(text)
        if !shadowed.isEmpty { note(.shadowed(shadowed)) }
        return try helpers.run(
            helper, [.string(form(of: kept).code(kept)), .string("=" + chunk), scope] + arguments)
    }

    // MARK: Names

    /// Names that can be typed now and begin like this.
    func visibleNames(_ typed: String) throws -> [String] {
        let globals = try helpers.names("keys_in", [.list([globals]), .boolean(false), .string(typed)])
        return try variables().names.filter { $0.hasPrefix(typed) } + globals + host.modules.map(\.name)
    }

    private var globals: Value { get throws { try helpers.call("globals").first ?? .none } }

    /// What stands in front of the globals, and a table of what is not nil among it.
    private func variables() throws -> (names: [String], values: Value) {
        if case .none = scope { return ([], .none) }
        let answer = try helpers.call("variables")
        guard answer.count == 2, case .table(let list) = answer[0] else { return ([], .none) }
        return (try list.elements().compactMap { if case .string(let name) = $0 { name.text } else { nil } }, answer[1])
    }

    /// What the session's inputs and files made, and where it is: variables of files, and globals that were not there
    /// before. In a paused run the names there come first.
    func ownNames() throws -> [(name: String, container: Value)] {
        let modules = Set(host.modules.map(\.name))
        let (names, values) = try variables()
        let made = try Session.globals(helpers).filter {
            !initialGlobals.contains($0) && !modules.contains($0) && !names.contains($0)
                && !["_", "__", "___", "arg"].contains($0)
        }
        let globals = try globals
        return names.sorted().map { ($0, values) } + made.sorted().map { ($0, globals) }
    }

    /// Where a visible name is looked up, and whether it holds anything.
    func container(of name: String) throws -> Value? {
        let (names, values) = try variables()
        if names.contains(name) { return values }
        let globals = try globals
        let value = try helpers.call("field", [globals, .string(name)]).first
        if let value, value.typeName != "nil" { return globals }
        guard host.modules.contains(where: { $0.name == name }) else { return nil }
        return try helpers.call("module", [.string(name)]).first
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
