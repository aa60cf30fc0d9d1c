extension Parser {
    /// Whether the block ends here.
    private var blockEnds: Bool { [.else, .elseif, .end, .endOfFile, .until].contains(token.kind) }

    mutating func statements() throws(SyntaxError) -> Block {
        var block = Block()
        while !blockEnds {
            let isReturn = token.kind == .return
            if depth == 0 { latestStart = token.range.lowerBound }
            if let statement = try statement() { block.statements.append(statement) }
            if isReturn { break }
        }
        return block
    }

    mutating func scopedBlock(of variables: [Int] = []) throws(SyntaxError) -> Block {
        try scoped { parser throws(SyntaxError) in
            parser.visible += variables
            return try parser.statements()
        }
    }

    /// Reads one statement; nil for empty ones.
    private mutating func statement() throws(SyntaxError) -> Statement? {
        try nested { parser throws(SyntaxError) in
            let offset = parser.token.range.lowerBound
            let kind = try parser.statementKind()
            return kind.map { Statement(offset: offset, end: parser.takenEnd, kind: $0) }
        }
    }

    private mutating func statementKind() throws(SyntaxError) -> Statement.Kind? {
        switch token.kind {
        case .semicolon:
            advance()
            return nil
        case .if: return try conditional()
        case .while:
            advance()
            let condition = try expression()
            return .whileLoop(condition, try loopBody())
        case .do:
            return .block(try loopBody())
        case .for: return try forLoop()
        case .repeat:
            advance()
            // The condition may use the block's variables.
            return try scoped { parser throws(SyntaxError) in
                let block = try parser.statements()
                try parser.expect(.until)
                return .repeatLoop(block, until: try parser.expression())
            }
        case .function: return try functionStatement()
        case .local:
            advance()
            return accept(.function) ? try localFunction() : try localStatement()
        case .doubleColon:
            advance()
            _ = try expectName()
            try expect(.doubleColon)
            return nil
        case .return:
            advance()
            let values = blockEnds || token.kind == .semicolon ? [] : try expressions()
            _ = accept(.semicolon)
            return .returning(values)
        case .break:
            advance()
            return .jump
        case .goto:
            advance()
            _ = try expectName()
            return .jump
        default: return try expressionStatement()
        }
    }

    private mutating func conditional() throws(SyntaxError) -> Statement.Kind {
        var branches: [(condition: Expression, block: Block)] = []
        repeat {
            advance()
            let condition = try expression()
            try expect(.then)
            branches.append((condition, try scopedBlock()))
        } while token.kind == .elseif
        let otherwise = accept(.else) ? try scopedBlock() : nil
        try expect(.end)
        return .conditional(branches, otherwise: otherwise)
    }

    private mutating func forLoop() throws(SyntaxError) -> Statement.Kind {
        advance()
        var variables = [declare(try expectName())]
        if accept(.equals) {
            let bounds = try expressions()
            guard (2...3).contains(bounds.count) else { throw refusal }
            return .numericLoop(variables[0], bounds, try loopBody(of: variables))
        }
        while accept(.comma) { variables.append(declare(try expectName())) }
        try expect(.in)
        let values = try expressions()
        return .genericLoop(variables, values, try loopBody(of: variables))
    }

    /// `do ... end`
    private mutating func loopBody(of variables: [Int] = []) throws(SyntaxError) -> Block {
        try expect(.do)
        let block = try scopedBlock(of: variables)
        try expect(.end)
        return block
    }

    private mutating func functionStatement() throws(SyntaxError) -> Statement.Kind {
        advance()
        let name = try expectName()
        let base = Expression(offset: name.range.lowerBound, kind: .name(resolve(name.text)))
        var suffixes: [Suffix] = []
        var isMethod = false
        while !isMethod, token.kind == .dot || token.kind == .colon {
            isMethod = token.kind == .colon
            advance()
            let field = try expectName()
            suffixes.append(Suffix(offset: field.range.lowerBound, kind: .field(field.text)))
        }
        let target = suffixes.isEmpty ? base : Expression(offset: base.offset, kind: .chain(base, suffixes))
        assign(to: target)
        return .function(target: target, try functionBody(isMethod: isMethod))
    }

    private mutating func localFunction() throws(SyntaxError) -> Statement.Kind {
        let variable = declare(try expectName())
        visible.append(variable)
        return .localFunction(variable, try functionBody(isMethod: false))
    }

    private mutating func localStatement() throws(SyntaxError) -> Statement.Kind {
        var variables: [Int] = []
        repeat {
            let variable = declare(try expectName())
            variables.append(variable)
            guard accept(.less) else { continue }
            _ = try expectName()
            try expect(.greater)
            locals[variable].isConstant = true
        } while accept(.comma)
        let values = accept(.equals) ? try expressions() : []
        visible += variables
        return .local(variables, values)
    }

    private mutating func expressionStatement() throws(SyntaxError) -> Statement.Kind {
        let first = try suffixedExpression()
        guard token.kind == .equals || token.kind == .comma else {
            guard first.isCall else { throw refusal }
            return .call(first)
        }
        var targets: [Expression] = []
        var next = first
        while true {
            guard next.isAssignable else { throw refusal }
            assign(to: next)
            targets.append(next)
            guard accept(.comma) else { break }
            next = try suffixedExpression()
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
