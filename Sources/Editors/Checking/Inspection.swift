import Scripting

/// One reading of a program, in its own order: evidence goes from declarations to uses, findings are collected.
final class Inspection {
    let checker: Checker
    let tree: SyntaxTree
    let survey: Survey
    let modules: [String: LocalModule?]
    var findings: [(offset: Int, message: String)] = []
    /// What is certain of each local variable.
    private var locals: [Int: Evidence] = [:]
    /// Tables that were handed to somebody who may add members.
    var handedOn: Set<String> = []
    /// Inside a function given to `pcall`, whose errors are somebody's intention.
    var isProtected = false

    var catalogue: Catalogue { checker.catalogue }

    init(_ checker: Checker, _ tree: SyntaxTree, _ survey: Survey, _ modules: [String: LocalModule?]) {
        self.checker = checker
        self.tree = tree
        self.survey = survey
        self.modules = modules
    }

    func run() { block(tree.body) }

    func report(_ offset: Int, _ message: String) {
        if !isProtected { findings.append((offset, message)) }
    }

    // MARK: Statements

    func block(_ block: Block) { block.statements.forEach(statement) }

    private func statement(_ statement: Statement) {
        switch statement.kind {
        case .local(let variables, let values):
            let given = evaluate(values)
            for (index, variable) in variables.enumerated() where !tree.locals[variable].isReassigned {
                locals[variable] = index < given.count ? given[index] : .unknown
            }
        case .localFunction(_, let body): block(body.block)
        case .function(let target, let body):
            self.target(target)
            block(body.block)
        case .assign(let targets, let values):
            targets.forEach(target)
            _ = evaluate(values)
        case .call(let call): _ = evaluate(call)
        case .block(let inner): block(inner)
        case .whileLoop(let condition, let inner):
            _ = evaluate(condition, isTested: true)
            block(inner)
        case .repeatLoop(let inner, let condition):
            block(inner)
            _ = evaluate(condition, isTested: true)
        case .conditional(let branches, let otherwise):
            for branch in branches {
                _ = evaluate(branch.condition, isTested: true)
                block(branch.block)
            }
            otherwise.map(block)
        case .numericLoop(let variable, let values, let inner):
            _ = evaluate(values)
            if !tree.locals[variable].isReassigned { locals[variable] = .number }
            block(inner)
        case .genericLoop(_, let values, let inner):
            _ = evaluate(values)
            block(inner)
        case .returning(let values): _ = evaluate(values)
        case .jump: break
        }
    }

    /// Something assigned to: its last part is new, what comes before it is read.
    private func target(_ target: Expression) {
        guard case .chain(let base, let suffixes) = target.kind, let last = suffixes.last else { return }
        let value = chain(base, Array(suffixes.dropLast()))
        switch last.kind {
        case .field(let name):
            guard case .object(let type) = value, let face = catalogue.types[type], !face.setters.contains(name)
            else { return }
            let known = face.methods.keys.contains(name) || face.properties.keys.contains(name)
            if known { return report(last.offset, "\(type).\(name) can only be read") }
            let nearest = suggestion(for: name, among: face.setters.sorted())
            report(last.offset, "\(type) has no field \"\(name)\" to assign to" + nearest)
        case .index(let key):
            _ = evaluate(key)
            if case .string = key.kind { return }
            value.table.map { _ = handedOn.insert($0) }
        default: break
        }
    }

    // MARK: Names

    func evidence(of reference: Reference, at offset: Int, isTested: Bool) -> Evidence {
        switch reference {
        case .local(let variable): return locals[variable] ?? .unknown
        case .global(let name): return global(name, offset, isTested)
        }
    }

    private func global(_ name: String, _ offset: Int, _ isTested: Bool) -> Evidence {
        if survey.globals.contains(name) || checker.globals.contains(name) { return .unknown }
        if checker.modulesAreGlobals, catalogue.modules[name] != nil { return .module([name]) }
        if StandardLibrary.libraries[name] != nil { return survey.isOpen ? .unknown : .library(name) }
        if StandardLibrary.globals.contains(name) || isTested || survey.isOpen || survey.tested.contains(name) {
            return .unknown
        }
        if catalogue.modules[name] != nil {
            report(offset, "unknown global \"\(name)\" (a module: local \(name) = require \"\(name)\")")
        } else {
            let visible = tree.locals.filter { $0.offset < offset && $0.origin != .hidden }.map(\.name)
            let known = StandardLibrary.globals.union(survey.globals).union(checker.globals).union(visible)
            report(offset, "unknown global \"\(name)\"" + suggestion(for: name, among: known.subtracting([name])))
        }
        return .unknown
    }

    /// What `require` gives.
    func required(_ name: String, at offset: Int) -> Evidence {
        if catalogue.modules[name] != nil { return .module([name]) }
        if StandardLibrary.libraries[name] != nil { return survey.isOpen ? .unknown : .library(name) }
        guard let module = modules[name] ?? nil else {
            if case .missing = checker.find(name), let nearest = nearestName(to: name, among: catalogue.modules.keys) {
                report(offset, "no module \"\(name)\" (did you mean \"\(nearest)\"?)")
            }
            return .unknown
        }
        return module.members.map { .exports(name, $0) } ?? .unknown
    }
}
