extension Parser {
    mutating func expressions() throws(SyntaxError) -> [Expression] {
        var list = [try expression()]
        while try accept(.comma) { list.append(try expression()) }
        return list
    }

    mutating func expression() throws(SyntaxError) -> Expression { try operation(above: 0) }

    private static let unaryPriority = 12

    /// How tightly an operator binds to its left and right.
    private static func priority(_ kind: Token.Kind) -> (left: Int, right: Int)? {
        switch kind {
        case .or: (1, 1)
        case .and: (2, 2)
        case .less, .greater, .lessOrEqual, .greaterOrEqual, .notEqual, .equal: (3, 3)
        case .pipe: (4, 4)
        case .tilde: (5, 5)
        case .ampersand: (6, 6)
        case .shiftLeft, .shiftRight: (7, 7)
        case .concatenate: (9, 8)
        case .plus, .minus: (10, 10)
        case .star, .slash, .floorDivide, .percent: (11, 11)
        case .caret: (14, 13)
        default: nil
        }
    }

    /// Operands and the operators between them that bind tighter than a limit.
    private mutating func operation(above limit: Int) throws(SyntaxError) -> Expression {
        try nested { parser throws(SyntaxError) in
            let first = try parser.operand()
            var rest: [(operation: Token.Kind, operand: Expression)] = []
            while let priority = Self.priority(parser.token.kind), priority.left > limit {
                let kind = parser.token.kind
                try parser.advance()
                rest.append((kind, try parser.operation(above: priority.right)))
            }
            return rest.isEmpty ? first : Expression(offset: first.offset, kind: .binary(first, rest))
        }
    }

    private mutating func operand() throws(SyntaxError) -> Expression {
        switch token.kind {
        case .not, .minus, .tilde, .hash:
            let sign = token
            try advance()
            let value = try operation(above: Self.unaryPriority)
            return Expression(offset: sign.range.lowerBound, kind: .unary(sign.kind, value))
        default: return try simpleExpression()
        }
    }

    private mutating func simpleExpression() throws(SyntaxError) -> Expression {
        let offset = token.range.lowerBound
        let kind: Expression.Kind
        switch token.kind {
        case .integer: kind = .integer(Numeral.integer(token.text))
        case .number: kind = .number(Double(token.text) ?? .nan)
        case .string: kind = .string(token.text)
        case .nil: kind = .nil
        case .true: kind = .true
        case .false: kind = .false
        case .dots:
            if !functions[functions.count - 1].isVariadic {
                throw error("cannot use '...' outside a vararg function")
            }
            kind = .vararg
        case .leftBrace: return try table()
        case .function:
            try advance()
            return Expression(offset: offset, kind: .function(try functionBody(isMethod: false, line: line)))
        default: return try suffixedExpression()
        }
        try advance()
        return Expression(offset: offset, kind: kind)
    }

    private mutating func primaryExpression() throws(SyntaxError) -> Expression {
        let offset = token.range.lowerBound
        switch token.kind {
        case .name:
            let name = token.text
            try advance()
            return Expression(offset: offset, kind: .name(try resolve(name)))
        case .leftParenthesis:
            let line = line
            try advance()
            let inner = try expression()
            try expect(.rightParenthesis, toClose: .leftParenthesis, at: line)
            return Expression(offset: offset, kind: .parenthesised(inner))
        default: throw error("unexpected symbol")
        }
    }

    mutating func suffixedExpression() throws(SyntaxError) -> Expression {
        let line = line
        let base = try primaryExpression()
        var suffixes: [Suffix] = []
        while true {
            let offset = token.range.lowerBound
            switch token.kind {
            case .dot:
                try advance()
                let name = try expectName()
                suffixes.append(Suffix(offset: name.range.lowerBound, kind: .field(name.text)))
            case .leftBracket:
                suffixes.append(Suffix(offset: offset, kind: .index(try bracketed())))
            case .colon:
                try advance()
                let name = try expectName()
                let kind = Suffix.Kind.method(name.text, try callArguments(line))
                suffixes.append(Suffix(offset: name.range.lowerBound, kind: kind))
            case .leftParenthesis, .string, .leftBrace:
                suffixes.append(Suffix(offset: offset, kind: .call(try callArguments(line))))
            default:
                return suffixes.isEmpty ? base : Expression(offset: base.offset, kind: .chain(base, suffixes))
            }
        }
    }

    private mutating func bracketed() throws(SyntaxError) -> Expression {
        try advance()
        let key = try expression()
        try expect(.rightBracket)
        return key
    }

    private mutating func callArguments(_ line: Int) throws(SyntaxError) -> [Expression] {
        switch token.kind {
        case .leftParenthesis:
            try advance()
            if try accept(.rightParenthesis) { return [] }
            let arguments = try expressions()
            try expect(.rightParenthesis, toClose: .leftParenthesis, at: line)
            return arguments
        case .leftBrace: return [try table()]
        case .string:
            let argument = Expression(offset: token.range.lowerBound, kind: .string(token.text))
            try advance()
            return [argument]
        default: throw error("function arguments expected")
        }
    }

    private mutating func table() throws(SyntaxError) -> Expression {
        let line = line
        let offset = token.range.lowerBound
        try expect(.leftBrace)
        var fields: [Field] = []
        while token.kind != .rightBrace {
            fields.append(try field())
            if try accept(.comma) { continue }
            guard try accept(.semicolon) else { break }
        }
        try expect(.rightBrace, toClose: .leftBrace, at: line)
        return Expression(offset: offset, kind: .table(fields))
    }

    private mutating func field() throws(SyntaxError) -> Field {
        let offset = token.range.lowerBound
        if token.kind == .name, try lookAhead() == .equals {
            let name = token.text
            try advance()
            try advance()
            return Field(offset: offset, key: .name(name), value: try expression())
        }
        if token.kind == .leftBracket {
            let key = try bracketed()
            try expect(.equals)
            let value = try expression()
            if case .string(let name) = key.kind { return Field(offset: key.offset, key: .name(name), value: value) }
            return Field(offset: offset, key: .expression(key), value: value)
        }
        return Field(offset: offset, key: .position, value: try expression())
    }

    /// From the parameters to `end`.
    mutating func functionBody(isMethod: Bool, line: Int) throws(SyntaxError) -> FunctionBody {
        functions.append(FunctionState(line: line, isVariadic: false))
        enterScope()
        try expect(.leftParenthesis)
        var parameters: [Int] = []
        if isMethod {
            parameters.append(try declare("self", at: token.range.lowerBound, .parameter))
            activate(1)
        }
        let selfCount = parameters.count
        var hasMore = token.kind != .rightParenthesis
        while hasMore {
            switch token.kind {
            case .name:
                let name = try expectName()
                parameters.append(try declare(name.text, at: name.range.lowerBound, .parameter))
                hasMore = try accept(.comma)
            case .dots:
                try advance()
                functions[functions.count - 1].isVariadic = true
                hasMore = false
            default: throw error("<name> or '...' expected")
            }
        }
        activate(parameters.count - selfCount)
        try expect(.rightParenthesis)
        let block = try statements()
        try expect(.end, toClose: .function, at: line)
        try leaveFunction()
        return FunctionBody(parameters: parameters, isMethod: isMethod, block: block)
    }
}
