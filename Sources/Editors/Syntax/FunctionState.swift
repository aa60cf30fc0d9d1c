/// What the parser knows of the function it is in: variables in scope, labels and pending jumps, as Lua's compiler
/// keeps them, for the errors that depend on them.
struct FunctionState {
    struct Scope {
        let isLoop: Bool
        let activeCount: Int
        let firstLabel: Int
        let firstJump: Int
    }

    struct Label {
        let name: String
        let line: Int
        let activeCount: Int
    }

    struct Jump {
        let name: String
        let line: Int
        var activeCount: Int
    }

    /// The line of its `function`; 0 for the program itself.
    let line: Int
    var isVariadic: Bool
    /// Variables declared so far, those not yet in scope last.
    var declared: [Int] = []
    var activeCount = 0
    var scopes: [Scope] = []
    var labels: [Label] = []
    var jumps: [Jump] = []
    /// Variables of functions around it; -1 is the environment.
    var upvalues: Set<Int> = []

    static let environment = -1
    static let mostLocals = 200
    static let mostUpvalues = 255

    var place: String { line == 0 ? "main function" : "function at line \(line)" }

    mutating func enter(isLoop: Bool) {
        scopes.append(
            Scope(isLoop: isLoop, activeCount: activeCount, firstLabel: labels.count, firstJump: jumps.count))
    }

    /// Leaves the innermost scope. Jumps without a label there go on looking outside.
    /// - Returns: what is wrong, in Lua's words.
    mutating func leave(locals: [LocalVariable]) -> String? {
        guard let scope = scopes.popLast() else { return nil }
        let closed = declared[scope.activeCount...]
        declared.removeLast(closed.count)
        activeCount = scope.activeCount
        if scope.isLoop {
            jumps.removeAll(from: scope.firstJump) { $0.name == "break" }
        }
        labels.removeLast(labels.count - scope.firstLabel)
        guard scopes.isEmpty else {
            for index in scope.firstJump..<jumps.count { jumps[index].activeCount = scope.activeCount }
            return nil
        }
        guard let jump = jumps.first else { return nil }
        return jump.name == "break"
            ? "break outside loop at line \(jump.line)"
            : "no visible label '\(jump.name)' for <goto> at line \(jump.line)"
    }

    /// Declares a label and resolves the jumps of this scope to it.
    /// - Parameter isLast: whether nothing follows it in its block, whose variables count as out of scope then.
    mutating func label(_ name: String, line: Int, isLast: Bool, locals: [LocalVariable]) -> String? {
        if let first = labels.first(where: { $0.name == name }) {
            return "label '\(name)' already defined on line \(first.line)"
        }
        let active = isLast ? scopes.last?.activeCount ?? 0 : activeCount
        labels.append(Label(name: name, line: line, activeCount: active))
        let start = scopes.last?.firstJump ?? 0
        for jump in jumps[start...] where jump.name == name && jump.activeCount < active {
            let variable = locals[declared[jump.activeCount]].name
            return "<goto \(name)> at line \(jump.line) jumps into the scope of local '\(variable)'"
        }
        jumps.removeAll(from: start) { $0.name == name }
        return nil
    }

    mutating func jump(to name: String, line: Int) {
        if name != "break", labels.contains(where: { $0.name == name }) { return }
        jumps.append(Jump(name: name, line: line, activeCount: activeCount))
    }
}

extension Array {
    fileprivate mutating func removeAll(from start: Int, where condition: (Element) -> Bool) {
        replaceSubrange(start..., with: self[start...].filter { !condition($0) })
    }
}
