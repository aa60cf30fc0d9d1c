import Scripting

/// Reads Lua 5.4 as Lua's own compiler does: what it accepts, Lua accepts, and what it refuses it refuses with Lua's
/// words and line. (Left out is what depends on the compiler's registers: an expression of more than about 250 values.)
///
///     let tree = try Parser.parse("local x <const> = 1")
public struct Parser {
    /// How deep statements and expressions may be nested, as in Lua (LUAI_MAXCCALLS).
    static let deepest = 200

    var lexer: Lexer
    var token = Token(kind: .endOfFile, range: 0..<0, text: "", near: "<eof>")
    var ahead: Token?
    var depth = 0
    var functions: [FunctionState] = []
    var locals: [LocalVariable] = []
    var namesEnvironment = false
    /// Where the latest statement outside all blocks begins.
    var latestStart = 0
    /// The byte behind the last word that was taken.
    var takenEnd = 0

    /// - Parameter isFile: whether a byte order mark and a first line that begins with `#` are passed over.
    public static func parse(bytes: [UInt8], isFile: Bool = false) throws(SyntaxError) -> SyntaxTree {
        var parser = Parser(lexer: Lexer(bytes: bytes, isFile: isFile))
        return try parser.program()
    }

    public static func parse(_ text: String) throws(SyntaxError) -> SyntaxTree { try parse(bytes: Array(text.utf8)) }

    /// Where the statement begins that a text is refused for, outside all blocks: in `t = {} t` the second `t`, which
    /// is no statement.
    /// - Returns: the byte, or nil if nothing is wrong.
    public static func refusedStatement(in text: String) -> Int? {
        var parser = Parser(lexer: Lexer(text))
        do {
            _ = try parser.program()
            return nil
        } catch { return parser.latestStart }
    }

    private init(lexer: Lexer) { self.lexer = lexer }

    private mutating func program() throws(SyntaxError) -> SyntaxTree {
        functions = [FunctionState(line: 0, isVariadic: true, upvalues: [FunctionState.environment])]
        functions[0].enter(isLoop: false)
        try advance()
        let body = try statements()
        try check(.endOfFile)
        try leaveFunction()
        return SyntaxTree(body: body, locals: locals, namesEnvironment: namesEnvironment)
    }

    // MARK: Tokens

    /// The line that messages name: of what was read last.
    var line: Int { lexer.line }

    mutating func advance() throws(SyntaxError) {
        takenEnd = token.range.upperBound
        if let ahead {
            token = ahead
            self.ahead = nil
        } else {
            token = try lexer.next()
        }
    }

    mutating func lookAhead() throws(SyntaxError) -> Token.Kind {
        if let ahead { return ahead.kind }
        let next = try lexer.next()
        ahead = next
        return next.kind
    }

    mutating func accept(_ kind: Token.Kind) throws(SyntaxError) -> Bool {
        guard token.kind == kind else { return false }
        try advance()
        return true
    }

    func check(_ kind: Token.Kind) throws(SyntaxError) {
        if token.kind != kind { throw error("\(kind.expected) expected") }
    }

    mutating func expect(_ kind: Token.Kind) throws(SyntaxError) {
        try check(kind)
        try advance()
    }

    /// Expects the word that closes what began on a line.
    mutating func expect(_ kind: Token.Kind, toClose opener: Token.Kind, at opened: Int) throws(SyntaxError) {
        if try accept(kind) { return }
        if opened == line { throw error("\(kind.expected) expected") }
        throw error("\(kind.expected) expected (to close \(opener.expected) at line \(opened))")
    }

    mutating func expectName() throws(SyntaxError) -> Token {
        try check(.name)
        let name = token
        try advance()
        return name
    }

    /// An error about the token that is next.
    func error(_ message: String) -> SyntaxError {
        let message = HabitHint.added(to: "\(message) near \(token.near)")
        return SyntaxError(line: line, offset: token.range.lowerBound, message: message)
    }

    /// An error about what the program means.
    func meaningless(_ message: String) -> SyntaxError {
        SyntaxError(line: line, offset: token.range.lowerBound, message: message)
    }

    mutating func nested<R>(_ body: (inout Parser) throws(SyntaxError) -> R) throws(SyntaxError) -> R {
        depth += 1
        defer { depth -= 1 }
        if depth >= Self.deepest { throw meaningless("C stack overflow") }
        return try body(&self)
    }
}
