import Editors
import LuaFlow

/// A session with a host, without a terminal: evaluates inputs, completes and explains text being typed, and tells
/// whether it is complete. The prompt and the notebook are its clients.
///
///     let session = try Session(host: host)
///     let answer = session.evaluate("local x = tensor.ones(2); x:sum()")   // the last expression is the value
///     session.complete("x:su").candidates                                  // ["sum"]
///
/// A top-level `local` of an input is visible in later inputs. Used from one thread at a time.
public final class Session {
    /// Its globals are visible to the inputs, and theirs to other users of the host.
    public let host: Host
    package let helpers: Helpers
    /// The name of inputs in messages, before their number.
    let inputName: String
    /// The environment of inputs: none if they only see globals, else a table that is searched before them.
    package private(set) var scope = Value.none
    /// The files that were run in this session, in order.
    private var filesRun: [ByteString] = []
    /// The texts of inputs, by their names in messages.
    package private(set) var sources: [String: String] = [:]
    private var number = 0
    /// The number of the last input in messages; 0 for a client's own question.
    private var calledNumber = 0
    /// The globals and modules that existed before the first input.
    package let initialGlobals: Set<String>
    package let initialModules: Set<String>
    /// Globals that inputs assigned; they may be nil again.
    private var assigned: Set<String> = []

    /// - Parameter inputName: the name of inputs in messages, before the number: `input 3:1: ...`.
    public convenience init(host: Host, inputName: String = "input") throws {
        try self.init(host: host, inputName: inputName, names: nil, running: [])
    }

    /// - Parameters:
    ///   - names: a table whose entries can be read and assigned as variables.
    ///   - running: the result of ``LuaHost/Interpreter/runningVariables()``, for a prompt inside a run.
    package init(host: Host, inputName: String = "input", names: (any ScriptTable)?, running: [Value]) throws {
        self.host = host
        self.inputName = inputName
        let helpers = try Helpers(host.interpreter)
        self.helpers = helpers
        try host.interpreter.perform {
            host.context.service(Registry.self).takeInputsTogether { $0.hasPrefix(inputName + " ") }
        }
        initialModules = Set(try helpers.names("loaded"))
        initialGlobals = Set(try Session.globals(helpers))
        if names != nil || !running.isEmpty { try openScope(names, running) }
    }

    /// From now on inputs see other variables besides globals.
    private func openScope(_ names: (any ScriptTable)? = nil, _ running: [Value] = []) throws {
        let modules = Value.list(host.modules.map { .string($0.name) })
        let table = names.map { Value.table($0) } ?? .none
        scope = try helpers.call("scope", [table, modules] + running.prefix(3)).first ?? .none
    }

    static func globals(_ helpers: Helpers) throws -> [String] {
        try helpers.names("keys_in", [.list([helpers.call("globals").first ?? .none])])
    }

    // MARK: Inputs

    /// An input and its analysis.
    package struct Input {
        package let text: String
        /// The text with its top-level locals converted to globals.
        package let kept: String
        package let form: InputForm
        /// Whether its value is that of a call, which could also be a statement.
        package let endsInCall: Bool

        package init(text: String, kept: String, form: InputForm, endsInCall: Bool = false) {
            (self.text, self.kept, self.form, self.endsInCall) = (text, kept, form, endsInCall)
        }
    }

    package func read(_ text: String) -> Input {
        let text = Session.withoutLeadingEquals(text)
        let kept = TopLevelLocals.kept(text)
        return Input(text: text, kept: kept, form: form(of: kept))
    }

    /// Removes a leading `=`, which Lua's older prompts needed: `= 1 + 1`.
    private static func withoutLeadingEquals(_ text: String) -> String {
        guard text.trimmed.hasPrefix("="), !text.trimmed.hasPrefix("=="), let sign = text.firstIndex(of: "=") else {
            return text
        }
        return text.replacingCharacters(in: sign...sign, with: " ")
    }

    /// - Parameter kept: an input whose top-level locals were already converted to globals.
    package func form(of kept: String) -> InputForm {
        let form = try? host.interpreter.perform {
            host.interpreter.withoutScriptHook { InputForm(kept, host.interpreter) }
        }
        return form ?? .wrong
    }

    /// The next input's name in messages, which from now on stands for this text.
    @discardableResult
    package func newName(for text: String, number given: Int? = nil, isAside: Bool = false) -> String {
        if !isAside { number = given ?? number + 1 }
        calledNumber = isAside ? 0 : number
        sources[chunk] = text
        return chunk
    }

    private var chunk: String { "\(inputName) \(calledNumber)" }

    /// Runs `helper` on an input that has its name, inside an evaluation.
    package func run(
        _ input: Input, with helper: String = "evaluate", _ arguments: [Value] = []
    ) throws -> (answer: [Value], shadowed: [String]) {
        let shadowed = try shadow(input.text)
        let answer = try helpers.run(
            helper, [.string(input.form.code(input.kept)), .string("=" + chunk), scope] + arguments)
        return (answer, shadowed)
    }

    /// Called after an input that succeeded.
    package func noteDone(_ input: Input) { noteAssignments(input.kept) }

    /// Variables that an input declares `local` under the name of something else, such as a library, hide that from
    /// later inputs, but not from files.
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

    /// Makes the first of the results `_`; nil leaves it unchanged.
    package func keep(_ results: any ScriptTable) throws {
        if case .none = try results.value(at: 1) { return }
        try helpers.call("keep", [.table(results)])
    }

    /// Whether a semicolon at the end suppresses the answer.
    package static func isSilent(_ text: String) -> Bool {
        Lua.tokens(text).last { $0.kind != .comment }?.isSymbol(";") ?? false
    }

    // MARK: Names that are nothing

    /// The message for an input that is only a name without a value: such a variable does not exist, and a typing error
    /// must not look like nil. Nil for other inputs.
    package func unknown(_ input: Input, _ results: any ScriptTable) throws -> String? {
        let name = input.kept.trimmed
        guard Lua.isName(name), !assigned.contains(name), case .integer(1) = try results.value(for: "n"),
            case .none = try results.value(at: 1), try !isKnown(name)
        else { return nil }
        return "unknown name \(name)" + (ended(name) ?? nearest(name))
    }

    /// The message about a name that a file declares inside a loop, a block or a function: such variables end with it,
    /// those of a loop's body after each round.
    private func ended(_ name: String) -> String? {
        let files = filesRun.reversed() + host.loadedFiles.all.filter { $0.kind == .lua }.map(\.path)
        guard let place = files.lazy.compactMap({ FileLocals.place(of: name, in: $0) }).first else { return nil }
        return
            " (a local of \(place), out of reach here: its block or function is over, or elsewhere; what a loop keeps "
            + "in its state can be seen: state.\(name) = \(name))"
    }

    /// A suggestion, ` (did you mean "x"?)`, or an empty text.
    package func nearest(_ name: String) -> String {
        let names = ((try? visibleNames("")) ?? []).filter { $0 != name }
        return suggestion(for: name, among: Set(names).sorted())
    }

    package func isKnown(_ name: String) throws -> Bool {
        if assigned.contains(name) { return true }
        if case .boolean(true)? = try helpers.call("is_known", [.string(name)]).first { return true }
        return host.modules.contains { $0.name == name }
    }

    private func noteAssignments(_ code: String) {
        guard let tree = try? Parser.parse(code) else { return }
        // Variables in front of the globals report themselves whether they exist.
        let known = Set((try? variables().names) ?? [])
        for case .assign(let targets, _) in tree.body.statements.map(\.kind) {
            for case .name(.global(let name)) in targets.map(\.kind) where !known.contains(name) {
                assigned.insert(name)
            }
        }
    }

    // MARK: Errors

    package func view(_ style: Style, columns: Int) -> ErrorView {
        ErrorView(
            style: style, columns: columns, inputs: sources,
            files: { [host] in host.loadedFiles.all.filter { $0.kind == .lua }.map(\.path.text) })
    }

    /// The syntax error of an input that has its name, and its byte. Of the errors as statements and as statements with
    /// an expression at the end, the one further on is meant.
    package func syntaxError(_ kept: String) -> (offset: Int, error: LuaError)? {
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
        return best
    }

    /// With a line end only if a string extends to it: some errors name the last line.
    private func check(_ code: String) throws(LuaError) {
        do { try host.interpreter.check(code: code, name: chunk) } catch {
            if error.isIncomplete { try host.interpreter.check(code: code + "\n", name: chunk) }
            throw error
        }
    }

    /// Removes a script's hook that raises errors, as it would do so in every further input.
    /// - Returns: a message; nil if the hook was not the cause.
    package func takeOffFailingHook(_ error: LuaError) -> String? {
        guard error.traceback?.contains("in hook '") == true else { return nil }
        try? host.interpreter.perform { host.interpreter.removeScriptHook() }
        return "the hook that debug.sethook had set is taken off"
    }

    // MARK: Files

    /// Makes a file's top-level variables visible here, while it runs and afterwards.
    /// - Parameter stop: set to a function that ends the reception, to be called when the file has run.
    /// - Returns: the changed text; nil if the file is run unchanged.
    package func receiveLocals(of path: ByteString, _ stop: inout (any ScriptFunction)?) throws -> FileLocals? {
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

    /// Records that a file is run here; unknown names are searched in it.
    package func noteFile(_ path: ByteString) { if !filesRun.contains(path) { filesRun.append(path) } }

    // MARK: Names

    /// Visible names that begin with `typed`.
    package func visibleNames(_ typed: String) throws -> [String] {
        let globals = try helpers.names("keys_in", [.list([globals]), .boolean(false), .string(typed)])
        return try variables().names.filter { $0.hasPrefix(typed) } + globals + host.modules.map(\.name)
    }

    private var globals: Value { get throws { try helpers.call("globals").first ?? .none } }

    /// The variables in front of the globals, and a table of those that are not nil.
    private func variables() throws -> (names: [String], values: Value) {
        if case .none = scope { return ([], .none) }
        let answer = try helpers.call("variables")
        guard answer.count == 2, case .table(let list) = answer[0] else { return ([], .none) }
        return (try list.elements().compactMap { if case .string(let name) = $0 { name.text } else { nil } }, answer[1])
    }

    /// The names made by the session's inputs and files, with their tables: locals of files, and new globals. In a
    /// paused run its variables come first.
    package func ownNames() throws -> [(name: String, container: Value)] {
        let modules = Set(host.modules.map(\.name))
        let (names, values) = try variables()
        let made = try Session.globals(helpers).filter {
            !initialGlobals.contains($0) && !modules.contains($0) && !names.contains($0)
                && !["_", "__", "___", "arg"].contains($0)
        }
        let globals = try globals
        return names.sorted().map { ($0, values) } + made.sorted().map { ($0, globals) }
    }

    /// The table in which a visible name is looked up; nil if it has no value.
    package func container(of name: String) throws -> Value? {
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
    package var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
