extension Parser {
    /// Whether the block ends here.
    func blockEnds(withUntil: Bool = true) -> Bool {
        switch token.kind {
        case .else, .elseif, .end, .endOfFile: true
        case .until: withUntil
        default: false
        }
    }

    mutating func statements() throws(SyntaxError) -> Block {
        var block = Block()
        while !blockEnds() {
            let isReturn = token.kind == .return
            if depth == 0, functions.count == 1 { latestStart = token.range.lowerBound }
            if let statement = try statement() { block.statements.append(statement) }
            if isReturn { break }
        }
        return block
    }

    mutating func scopedBlock(isLoop: Bool = false) throws(SyntaxError) -> Block {
        enterScope(isLoop: isLoop)
        let block = try statements()
        try leaveScope()
        return block
    }

    /// One statement; nil for those that do nothing.
    mutating func statement() throws(SyntaxError) -> Statement? {
        try nested { parser throws(SyntaxError) in
            let offset = parser.token.range.lowerBound
            let kind = try parser.statementKind()
            return kind.map { Statement(offset: offset, end: parser.takenEnd, kind: $0) }
        }
    }

    private mutating func statementKind() throws(SyntaxError) -> Statement.Kind? {
        let line = line
        switch token.kind {
        case .semicolon:
            try advance()
            return nil
        case .if: return try conditional(line)
        case .while: return try whileLoop(line)
        case .do:
            try advance()
            let block = try scopedBlock()
            try expect(.end, toClose: .do, at: line)
            return .block(block)
        case .for: return try forLoop(line)
        case .repeat: return try repeatLoop(line)
        case .function: return try functionStatement(line)
        case .local:
            try advance()
            return try accept(.function) ? try localFunction() : try localStatement()
        case .doubleColon:
            try advance()
            try label(line)
            return nil
        case .return:
            try advance()
            return try returning()
        case .break:
            try advance()
            functions[functions.count - 1].jump(to: "break", line: line)
            return .jump
        case .goto:
            try advance()
            let line = self.line
            let name = try expectName()
            functions[functions.count - 1].jump(to: name.text, line: line)
            return .jump
        default: return try expressionStatement()
        }
    }

    private mutating func conditional(_ line: Int) throws(SyntaxError) -> Statement.Kind {
        var branches: [(condition: Expression, block: Block)] = []
        repeat {
            try advance()
            let condition = try expression()
            try expect(.then)
            branches.append((condition, try scopedBlock()))
        } while token.kind == .elseif
        let otherwise = try accept(.else) ? try scopedBlock() : nil
        try expect(.end, toClose: .if, at: line)
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func whileLoop(_ line: Int) throws(SyntaxError) -> Statement.Kind {
        try advance()
        let condition = try expression()
        enterScope(isLoop: true)
        try expect(.do)
        let block = try scopedBlock()
        try expect(.end, toClose: .while, at: line)
        try leaveScope()
        return .whileLoop(condition, block)
    }

    private mutating func repeatLoop(_ line: Int) throws(SyntaxError) -> Statement.Kind {
        enterScope(isLoop: true)
        enterScope()
        try advance()
        let block = try statements()
        try expect(.until, toClose: .repeat, at: line)
        let condition = try expression()
        try leaveScope()
        try leaveScope()
        return .repeatLoop(block, until: condition)
    }

    private mutating func forLoop(_ line: Int) throws(SyntaxError) -> Statement.Kind {
        enterScope(isLoop: true)
        try advance()
        let first = try expectName()
        let loop: Statement.Kind
        switch token.kind {
        case .equals: loop = try numericLoop(first)
        case .comma, .in: loop = try genericLoop(first)
        default: throw error("'=' or 'in' expected")
        }
        try expect(.end, toClose: .for, at: line)
        try leaveScope()
        return loop
    }

    private mutating func numericLoop(_ name: Token) throws(SyntaxError) -> Statement.Kind {
        try declareHidden(3)
        let variable = try declare(name.text, at: name.range.lowerBound, .loop)
        try expect(.equals)
        var bounds = [try expression()]
        try expect(.comma)
        bounds.append(try expression())
        if try accept(.comma) { bounds.append(try expression()) }
        activate(3)
        return .numericLoop(variable, bounds, try loopBody(1))
    }

    private mutating func genericLoop(_ first: Token) throws(SyntaxError) -> Statement.Kind {
        try declareHidden(4)
        var variables = [try declare(first.text, at: first.range.lowerBound, .loop)]
        while try accept(.comma) {
            let name = try expectName()
            variables.append(try declare(name.text, at: name.range.lowerBound, .loop))
        }
        try expect(.in)
        let values = try expressions()
        activate(4)
        return .genericLoop(variables, values, try loopBody(variables.count))
    }

    private mutating func loopBody(_ variables: Int) throws(SyntaxError) -> Block {
        try expect(.do)
        // The scope holds the loop's variables, which are declared already.
        enterScope()
        activate(variables)
        let block = try scopedBlock()
        try leaveScope()
        return block
    }

    private mutating func functionStatement(_ line: Int) throws(SyntaxError) -> Statement.Kind {
        try advance()
        let name = try expectName()
        let base = Expression(offset: name.range.lowerBound, kind: .name(try resolve(name.text)))
        var suffixes: [Suffix] = []
        var isMethod = false
        while !isMethod, token.kind == .dot || token.kind == .colon {
            isMethod = token.kind == .colon
            try advance()
            let field = try expectName()
            suffixes.append(Suffix(offset: field.range.lowerBound, kind: .field(field.text)))
        }
        let target = suffixes.isEmpty ? base : Expression(offset: base.offset, kind: .chain(base, suffixes))
        let body = try functionBody(isMethod: isMethod, line: line)
        try assign(to: target)
        return .function(target: target, body)
    }

    private mutating func localFunction() throws(SyntaxError) -> Statement.Kind {
        let name = try expectName()
        let variable = try declare(name.text, at: name.range.lowerBound, .function)
        activate(1)
        return .localFunction(variable, try functionBody(isMethod: false, line: line))
    }

    private mutating func localStatement() throws(SyntaxError) -> Statement.Kind {
        var variables: [Int] = []
        var hasClose = false
        repeat {
            let name = try expectName()
            let variable = try declare(name.text, at: name.range.lowerBound, .local)
            if let attribute = try attribute() {
                if attribute == .close, hasClose {
                    throw meaningless("multiple to-be-closed variables in local list")
                }
                hasClose = hasClose || attribute == .close
                locals[variable].attribute = attribute
            }
            variables.append(variable)
        } while try accept(.comma)
        let values = try accept(.equals) ? try expressions() : []
        activate(variables.count)
        return .local(variables, values)
    }

    private mutating func attribute() throws(SyntaxError) -> LocalVariable.Attribute? {
        guard try accept(.less) else { return nil }
        let name = try expectName()
        try expect(.greater)
        switch name.text {
        case "const": return .constant
        case "close": return .close
        default: throw meaningless("unknown attribute '\(name.text)'")
        }
    }

    private mutating func label(_ line: Int) throws(SyntaxError) {
        let name = try expectName()
        try expect(.doubleColon)
        while token.kind == .semicolon || token.kind == .doubleColon { _ = try statement() }
        let isLast = blockEnds(withUntil: false)
        let wrong = functions[functions.count - 1].label(name.text, line: line, isLast: isLast, locals: locals)
        if let wrong { throw meaningless(wrong) }
    }

    private mutating func returning() throws(SyntaxError) -> Statement.Kind {
        let values = blockEnds() || token.kind == .semicolon ? [] : try expressions()
        _ = try accept(.semicolon)
        return .returning(values)
    }

    private mutating func expressionStatement() throws(SyntaxError) -> Statement.Kind {
        let first = try suffixedExpression()
        guard token.kind == .equals || token.kind == .comma else {
            guard first.isCall else { throw error("syntax error") }
            return .call(first)
        }
        let before = depth
        defer { depth = before }
        var targets: [Expression] = []
        var next = first
        while true {
            guard next.isAssignable else { throw error("syntax error") }
            try assign(to: next)
            targets.append(next)
            guard try accept(.comma) else { break }
            next = try suffixedExpression()
            // Lua reads the list by recursion.
            depth += 1
            if depth >= Self.deepest { throw meaningless("C stack overflow") }
        }
        try expect(.equals)
        return .assign(targets, try expressions())
    }
}

extension Expression {
    fileprivate var isCall: Bool {
        guard case .chain(_, let suffixes) = kind else { return false }
        switch suffixes.last?.kind {
        case .call, .method: return true
        default: return false
        }
    }

    fileprivate var isAssignable: Bool {
        switch kind {
        case .name: return true
        case .chain: return !isCall
        default: return false
        }
    }
}
