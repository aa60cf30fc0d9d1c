import Scripting

/// Reads a program in its own order, several times: evidence is carried from declarations to uses, and findings are
/// collected.
final class Inspection {
    let checker: Checker
    let tree: SyntaxTree
    let survey: Survey
    let modules: Modules
    var findings: [(offset: Int, message: String)] = []
    /// The evidence for each local variable.
    var locals: [Int: Evidence] = [:]
    /// What was learnt about the whole program, independent of position.
    var lore = Lore()
    /// Whether this is inside a function passed to `pcall`, where errors are expected.
    var isProtected = false
    /// Whether the value of the last expression is certainly not nil.
    var isSolid = false
    /// Local variables that are certainly not nil.
    var solid: Set<Int> = []
    /// How many conditions surround this place.
    private var conditions = 0

    var index: ScriptIndex { checker.index }

    init(_ checker: Checker, _ tree: SyntaxTree, _ survey: Survey, _ modules: Modules) {
        self.checker = checker
        self.tree = tree
        self.survey = survey
        self.modules = modules
    }

    /// Repeats readings until nothing new is learnt; findings are those of the last reading.
    func run() {
        for round in 0... {
            let before = lore
            // Each reading can only reduce what is certain. If that does not end, everything that may change is taken
            // as uncertain.
            if round == 10 { lore.isSuspicious = true }
            locals = [:]
            solid = []
            findings = []
            block(tree.body)
            if round > 0, lore == before || round > 10 { return }
        }
    }

    func report(_ offset: Int, _ message: String) {
        if !isProtected { findings.append((offset, message)) }
    }

    // MARK: Statements

    func block(_ block: Block) { block.statements.forEach(statement) }

    private func statement(_ statement: Statement) {
        switch statement.kind {
        case .local(let variables, let values):
            let given = evaluate(values)
            for (index, variable) in variables.enumerated() where !isChanging(variable) {
                locals[variable] = index < given.count ? given[index] : .unknown
            }
            // One value for one variable that is never assigned again.
            if isSolid, values.count == 1, let variable = variables.first, !tree.locals[variable].isReassigned {
                solid.insert(variable)
            }
        case .localFunction(_, let body): block(body.block)
        case .function(let target, let body):
            self.target(target)
            assign(.unknown, to: target)
            block(body.block)
        case .assign(let targets, let values):
            targets.forEach(target)
            let given = evaluate(values)
            for (index, target) in targets.enumerated() {
                assign(index < given.count ? given[index] : .unknown, to: target)
            }
        case .call(let call): _ = evaluate(call)
        case .block(let inner): block(inner)
        case .whileLoop(let condition, let inner):
            self.condition(condition)
            block(inner)
        case .repeatLoop(let inner, let condition):
            block(inner)
            self.condition(condition)
        case .conditional(let branches, let otherwise):
            for branch in branches { condition(branch.condition) }
            underCondition {
                for branch in branches { block(branch.block) }
                otherwise.map(block)
            }
        case .numericLoop(let variable, let values, let inner):
            _ = evaluate(values)
            if !tree.locals[variable].isReassigned { locals[variable] = .number }
            block(inner)
        case .genericLoop(_, let values, let inner):
            iterate(evaluate(values).first ?? .unknown, values)
            block(inner)
        case .returning(let values): _ = evaluate(values)
        case .jump: break
        }
    }

    private func condition(_ expression: Expression) {
        let value = evaluate(expression, isTested: true)
        checkCondition(expression, value)
    }

    func underCondition(_ body: () -> Void) {
        conditions += 1
        body()
        conditions -= 1
    }

    /// Reports `for x in 3` and `for x in {1, 2}`, whose values cannot be called.
    private func iterate(_ value: Evidence, _ expressions: [Expression]) {
        guard let first = expressions.first else { return }
        switch value {
        case .number:
            let hint = expressions.count > 1 ? " (for k = first, last do)" : " (for k = 1, n do)"
            report(first.offset, "a number cannot be walked over" + hint)
        case .string: report(first.offset, "a string cannot be walked over (string.gmatch finds its parts)")
        case .list: report(first.offset, "a table cannot be walked over by itself (for i, x in ipairs(t) do)")
        default:
            if first.tableFields != nil {
                report(first.offset, "a table cannot be walked over by itself (for i, x in ipairs(t) do)")
            }
        }
    }

    /// The target of an assignment: its last part is new, and what precedes it is read.
    private func target(_ target: Expression) {
        guard case .chain(let base, let suffixes) = target.kind, let last = suffixes.last else { return }
        let value = chain(base, Array(suffixes.dropLast()))
        switch last.kind {
        case .field(let name):
            guard case .object(let type) = value, let binding = index.types[type], binding.setters[name] == nil
            else { return }
            if binding.readable.contains(name) { return report(last.offset, "\(type).\(name) can only be read") }
            let nearest = suggestion(
                for: name, among: Set(binding.setters.keys).union(binding.properties.keys).sorted())
            report(last.offset, "\(type) has no field \"\(name)\" to assign to" + nearest)
        case .index(let key):
            _ = evaluate(key)
            if case .string = key.kind { return }
            handOn(value)
        default: break
        }
    }

    /// The evidence for a variable after an assignment; with values of two kinds there is none.
    private func assign(_ value: Evidence, to target: Expression) {
        switch target.kind {
        case .name(.local(let variable)):
            if let known = locals[variable], known.isSame(as: value) { return }
            lore.changing.insert(variable)
            locals[variable] = nil
        case .name(.global(let name)):
            guard case .module(let path) = value, lore.globals[name] ?? path == path else {
                lore.changingGlobals.insert(name)
                return
            }
            lore.globals[name] = path
        default: break
        }
    }

    private func isChanging(_ variable: Int) -> Bool {
        tree.locals[variable].isReassigned && (lore.isSuspicious || lore.changing.contains(variable))
    }

    /// A table is passed to something that may add members.
    func handOn(_ value: Evidence) {
        if let table = value.table { lore.handedOn.insert(table) }
    }

    // MARK: Names

    func evidence(of reference: Reference, at offset: Int, isTested: Bool) -> Evidence {
        switch reference {
        case .local(let variable): return locals[variable] ?? .unknown
        case .global(let name): return global(name, offset, isTested)
        }
    }

    private func global(_ name: String, _ offset: Int, _ isTested: Bool) -> Evidence {
        if survey.sets(name) || checker.globals.contains(name) { return assignedGlobal(name) }
        if checker.modulesAreGlobals, index.modules[name] != nil { return .module([name]) }
        if StandardLibrary.libraries[name] != nil { return survey.isOpen ? .unknown : .library(name) }
        if StandardLibrary.globals.contains(name) || survey.isOpen { return .unknown }
        // Only where no global of that name, such as None, is tested for.
        if let word = OtherNames.values[name] {
            report(offset, "unknown global \"\(name)\" (Lua's is \(word))")
            return .unknown
        }
        if isTested || survey.tested.contains(name) { return .unknown }
        if index.modules[name] != nil {
            report(offset, "unknown global \"\(name)\" (a module: local \(name) = require \"\(name)\")")
        } else if let words = OtherNames.functions[name] {
            report(offset, "unknown global \"\(name)\" (\(words))")
        } else {
            let visible = tree.locals.filter { $0.offset < offset }.map(\.name)
            let known = StandardLibrary.globals.union(survey.knownGlobals).union(checker.globals).union(visible)
            report(offset, "unknown global \"\(name)\"" + suggestion(for: name, among: known.subtracting([name])))
        }
        return .unknown
    }

    /// The evidence for `tensor = require "tensor"`, if nothing else is ever assigned to the variable.
    private func assignedGlobal(_ name: String) -> Evidence {
        if survey.isOpen || lore.isSuspicious || lore.changingGlobals.contains(name) || checker.globals.contains(name)
            || survey.setsUnseen(name)
        {
            return .unknown
        }
        return lore.globals[name].map { .module($0) } ?? .unknown
    }

    /// The result of `require`.
    func required(_ name: String, at offset: Int) -> Evidence {
        if index.modules[name] != nil { return .module([name]) }
        if StandardLibrary.libraries[name] != nil { return survey.isOpen ? .unknown : .library(name) }
        if modules.missing.contains(name), !survey.touchesSearch, !survey.isOpen, conditions == 0 {
            let known = Array(index.modules.keys) + checker.names()
            report(offset, "no module \"\(name)\"" + suggestion(for: name, among: known))
        }
        return modules.read[name]?.members.map { .exports(name, $0) } ?? .unknown
    }
}

/// What readings learn about the whole program. It only grows.
struct Lore: Equatable {
    /// Tables that were passed to something that may add members.
    var handedOn: Set<String> = []
    /// Local variables that hold values of several kinds.
    var changing: Set<Int> = []
    /// The modules that global variables hold.
    var globals: [String: [String]] = [:]
    /// Global variables that also hold other values.
    var changingGlobals: Set<String> = []
    /// Whether all variables that are assigned twice are taken as uncertain.
    var isSuspicious = false
}
