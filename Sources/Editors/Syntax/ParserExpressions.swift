extension Parser {
    mutating func expressions() throws(SyntaxError) -> [Expression] {
        var list = [try expression()]
        while accept(.comma) { list.append(try expression()) }
        return list
    }

    mutating func expression() throws(SyntaxError) -> Expression { try operation(above: 0) }

    private static let unaryPriority = 12

    /// The priorities of an operator towards its left and right.
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

    /// Reads operands and the operators between them with a priority above a limit.
    private mutating func operation(above limit: Int) throws(SyntaxError) -> Expression {
        try nested { parser throws(SyntaxError) in
            let first = try parser.operand()
            var rest: [(operation: Token.Kind, operand: Expression)] = []
            while let priority = Self.priority(parser.token.kind), priority.left > limit {
                let kind = parser.token.kind
                parser.advance()
                rest.append((kind, try parser.operation(above: priority.right)))
            }
            return rest.isEmpty ? first : Expression(offset: first.offset, kind: .binary(first, rest))
        }
    }

    private mutating func operand() throws(SyntaxError) -> Expression {
        switch token.kind {
        case .not, .minus, .tilde, .hash:
            let sign = token
            advance()
            let value = try operation(above: Self.unaryPriority)
            return Expression(offset: sign.range.lowerBound, kind: .unary(sign.kind, value))
        default: return try simpleExpression()
        }
    }

    private mutating func simpleExpression() throws(SyntaxError) -> Expression {
        let offset = token.range.lowerBound
        let kind: Expression.Kind
        switch token.kind {
        case .integer: kind = .integer(token.integer)
        case .number: kind = .number(Double(token.text) ?? .nan)
        case .string: kind = .string(token.text)
        case .nil: kind = .nil
        case .true: kind = .true
        case .false: kind = .false
        case .dots: kind = .vararg
        case .leftBrace: return try table()
        case .function:
            advance()
            return Expression(offset: offset, kind: .function(try functionBody(isMethod: false)))
        default: return try suffixedExpression()
        }
        advance()
        return Expression(offset: offset, kind: kind)
    }

    private mutating func primaryExpression() throws(SyntaxError) -> Expression {
        let offset = token.range.lowerBound
        switch token.kind {
        case .name:
            let name = token.text
            advance()
            return Expression(offset: offset, kind: .name(resolve(name)))
        case .leftParenthesis:
            advance()
            let inner = try expression()
            try expect(.rightParenthesis)
            return Expression(offset: offset, kind: .parenthesised(inner))
        default: throw refusal
        }
    }

    mutating func suffixedExpression() throws(SyntaxError) -> Expression {
        let base = try primaryExpression()
        var suffixes: [Suffix] = []
        while true {
            let offset = token.range.lowerBound
            switch token.kind {
            case .dot:
                advance()
                let name = try expectName()
                suffixes.append(Suffix(offset: name.range.lowerBound, kind: .field(name.text)))
            case .leftBracket:
                suffixes.append(Suffix(offset: offset, kind: .index(try bracketed())))
            case .colon:
                advance()
                let name = try expectName()
                let kind = Suffix.Kind.method(name.text, try callArguments())
                suffixes.append(Suffix(offset: name.range.lowerBound, kind: kind))
            case .leftParenthesis, .string, .leftBrace:
                suffixes.append(Suffix(offset: offset, kind: .call(try callArguments())))
            default:
                return suffixes.isEmpty ? base : Expression(offset: base.offset, kind: .chain(base, suffixes))
            }
        }
    }

    private mutating func bracketed() throws(SyntaxError) -> Expression {
        advance()
        let key = try expression()
        try expect(.rightBracket)
        return key
    }

    private mutating func callArguments() throws(SyntaxError) -> [Expression] {
        switch token.kind {
        case .leftParenthesis:
            advance()
            if accept(.rightParenthesis) { return [] }
            let arguments = try expressions()
            try expect(.rightParenthesis)
            return arguments
        case .leftBrace: return [try table()]
        case .string:
            let argument = Expression(offset: token.range.lowerBound, kind: .string(token.text))
            advance()
            return [argument]
        default: throw refusal
        }
    }

    private mutating func table() throws(SyntaxError) -> Expression {
        let offset = token.range.lowerBound
        try expect(.leftBrace)
        var fields: [Field] = []
        while token.kind != .rightBrace {
            fields.append(try field())
            if accept(.comma) { continue }
            guard accept(.semicolon) else { break }
        }
        try expect(.rightBrace)
        return Expression(offset: offset, kind: .table(fields))
    }

    private mutating func field() throws(SyntaxError) -> Field {
        let offset = token.range.lowerBound
        if token.kind == .name, lookAhead() == .equals {
            let name = token.text
            advance()
            advance()
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

    /// Reads from the parameters to `end`.
    mutating func functionBody(isMethod: Bool) throws(SyntaxError) -> FunctionBody {
        var parameters = isMethod ? [declare("self", at: token.range.lowerBound)] : []
        try expect(.leftParenthesis)
        var hasMore = token.kind != .rightParenthesis
        while hasMore {
            if accept(.dots) { break }
            parameters.append(declare(try expectName()))
            hasMore = accept(.comma)
        }
        try expect(.rightParenthesis)
        let block = try scopedBlock(of: parameters)
        try expect(.end)
        return FunctionBody(parameters: parameters, isMethod: isMethod, block: block)
    }
}

extension Token {
    /// The value of an integer; a hexadecimal one wraps around.
    fileprivate var integer: Int {
        Int(text) ?? text.dropFirst(2).reduce(0) { ($0 &<< 4) | ($1.hexDigitValue ?? 0) }
    }
}
