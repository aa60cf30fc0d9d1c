/// Scopes, declarations and the meaning of names.
extension Parser {
    mutating func enterScope(isLoop: Bool = false) { functions[functions.count - 1].enter(isLoop: isLoop) }

    mutating func leaveScope() throws(SyntaxError) {
        if let wrong = functions[functions.count - 1].leave(locals: locals) { throw meaningless(wrong) }
    }

    mutating func leaveFunction() throws(SyntaxError) {
        try leaveScope()
        functions.removeLast()
    }

    /// Declares a variable; it is in scope from ``activate(_:)`` on.
    mutating func declare(_ name: String, at offset: Int, _ origin: LocalVariable.Origin) throws(SyntaxError) -> Int {
        let innermost = functions.count - 1
        if functions[innermost].declared.count >= FunctionState.mostLocals {
            throw tooMany("local variables", FunctionState.mostLocals, in: functions[innermost])
        }
        if name == "_ENV" { namesEnvironment = true }
        locals.append(LocalVariable(name: name, offset: offset, origin: origin))
        functions[innermost].declared.append(locals.count - 1)
        return locals.count - 1
    }

    mutating func declareHidden(_ count: Int) throws(SyntaxError) {
        for _ in 0..<count { _ = try declare("(for state)", at: token.range.lowerBound, .hidden) }
    }

    mutating func activate(_ count: Int) { functions[functions.count - 1].activeCount += count }

    mutating func resolve(_ name: String) throws(SyntaxError) -> Reference {
        if name == "_ENV" { namesEnvironment = true }
        if let variable = try find(name) { return .local(variable) }
        if name != "_ENV" { _ = try find("_ENV") }
        return .global(name)
    }

    /// Looks from the inside out, and counts what the functions between have to carry.
    private mutating func find(_ name: String) throws(SyntaxError) -> Int? {
        var found: (level: Int, variable: Int)?
        search: for level in functions.indices.reversed() {
            let function = functions[level]
            for variable in function.declared[..<function.activeCount].reversed() where locals[variable].name == name {
                found = (level, variable)
                break search
            }
        }
        let environment = name == "_ENV" ? (level: -1, variable: FunctionState.environment) : nil
        guard let (level, variable) = found ?? environment else { return nil }
        for inner in functions.indices where inner > level && !functions[inner].upvalues.contains(variable) {
            if functions[inner].upvalues.count >= FunctionState.mostUpvalues {
                throw tooMany("upvalues", FunctionState.mostUpvalues, in: functions[inner])
            }
            functions[inner].upvalues.insert(variable)
        }
        return found?.variable
    }

    private func tooMany(_ what: String, _ limit: Int, in function: FunctionState) -> SyntaxError {
        error("too many \(what) (limit is \(limit)) in \(function.place)")
    }

    /// Refuses to assign to a constant, and remembers what is assigned to.
    mutating func assign(to target: Expression) throws(SyntaxError) {
        guard case .name(.local(let variable)) = target.kind else { return }
        if locals[variable].attribute != nil {
            throw meaningless("attempt to assign to const variable '\(locals[variable].name)'")
        }
        locals[variable].isReassigned = true
    }
}
