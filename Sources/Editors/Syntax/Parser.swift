/// Parses Lua 5.4; accepts everything that Lua accepts.
///
/// What it refuses, Lua refuses, too, with an explanation (``LuaSyntax``). It accepts slightly more: jumps without a
/// label, assignments to constants, invalid escapes and numbers, and too many variables.
///
///     let tree = try Parser.parse("local x <const> = 1")
public struct Parser {
    /// The deepest nesting of statements and expressions, as in Lua (LUAI_MAXCCALLS).
    static let deepest = 200

    var lexer: Lexer
    var token: Token
    var ahead: Token?
    var depth = 0
    var locals: [LocalVariable] = []
    /// The variables in scope, the innermost last.
    var visible: [Int] = []
    var namesEnvironment = false
    /// Where the latest statement outside of all blocks begins.
    var latestStart = 0
    /// The offset after the last token taken.
    var takenEnd = 0

    /// - Parameter isFile: whether a byte order mark and a first line that begins with `#` are skipped.
    public static func parse(bytes: [UInt8], isFile: Bool = false) throws(SyntaxError) -> SyntaxTree {
        var parser = Parser(Lexer(bytes: bytes, isFile: isFile))
        return try parser.program()
    }

    /// The tree of code, not of a file: a first line with `#` is an error.
    public static func parse(_ text: String) throws(SyntaxError) -> SyntaxTree { try parse(bytes: Array(text.utf8)) }

    /// Where the refused statement begins, outside of all blocks: in `t = {} t` the second `t`, which is no statement.
    /// - Returns: its offset in bytes; nil if nothing is wrong.
    public static func refusedStatement(in text: String) -> Int? {
        var parser = Parser(Lexer(text))
        do {
            _ = try parser.program()
            return nil
        } catch { return parser.latestStart }
    }

    private init(_ lexer: Lexer) {
        self.lexer = lexer
        token = self.lexer.next()
    }

    private mutating func program() throws(SyntaxError) -> SyntaxTree {
        let body = try statements()
        try check(.endOfFile)
        return SyntaxTree(body: body, locals: locals, namesEnvironment: namesEnvironment)
    }

    // MARK: Tokens

    mutating func advance() {
        takenEnd = token.range.upperBound
        token = ahead ?? lexer.next()
        ahead = nil
    }

    mutating func lookAhead() -> Token.Kind {
        let next = ahead ?? lexer.next()
        ahead = next
        return next.kind
    }

    mutating func accept(_ kind: Token.Kind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    func check(_ kind: Token.Kind) throws(SyntaxError) {
        if token.kind != kind { throw refusal }
    }

    mutating func expect(_ kind: Token.Kind) throws(SyntaxError) {
        try check(kind)
        advance()
    }

    mutating func expectName() throws(SyntaxError) -> Token {
        try check(.name)
        let name = token
        advance()
        return name
    }

    /// The error at the next token.
    var refusal: SyntaxError { SyntaxError(offset: token.range.lowerBound) }

    mutating func nested<R>(_ body: (inout Parser) throws(SyntaxError) -> R) throws(SyntaxError) -> R {
        depth += 1
        defer { depth -= 1 }
        if depth >= Self.deepest { throw refusal }
        return try body(&self)
    }

    // MARK: Names

    /// Reads something with variables of its own, which go out of scope after it.
    mutating func scoped<R>(_ body: (inout Parser) throws(SyntaxError) -> R) throws(SyntaxError) -> R {
        let before = visible.count
        defer { visible.removeLast(visible.count - before) }
        return try body(&self)
    }

    /// Declares a variable; it is in scope once it is in ``visible``.
    mutating func declare(_ name: String, at offset: Int) -> Int {
        if name == "_ENV" { namesEnvironment = true }
        locals.append(LocalVariable(name: name, offset: offset))
        return locals.count - 1
    }

    mutating func declare(_ name: Token) -> Int { declare(name.text, at: name.range.lowerBound) }

    mutating func resolve(_ name: String) -> Reference {
        if name == "_ENV" { namesEnvironment = true }
        return visible.last { locals[$0].name == name }.map { .local($0) } ?? .global(name)
    }

    /// Records that the target is assigned.
    mutating func assign(to target: Expression) {
        if case .name(.local(let variable)) = target.kind { locals[variable].isReassigned = true }
    }
}
