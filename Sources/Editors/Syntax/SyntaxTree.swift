/// A Lua program: its statements, in which each name refers to a local variable or is a global.
///
/// Chains of operators and suffixes are lists, so that the tree is never deeper than the nesting that Lua allows and
/// can be walked recursively.
public struct SyntaxTree: Sendable {
    public let body: Block
    /// All local variables, in the order of declaration; ``Reference/local(_:)`` is an index into it.
    public let locals: [LocalVariable]
    /// Whether the program uses `_ENV`, so that names of globals tell little.
    public let namesEnvironment: Bool
}

public struct LocalVariable: Sendable {
    public let name: String
    public let offset: Int
    /// Declared with `<const>` or `<close>`.
    public var isConstant = false
    /// Whether it is assigned after its declaration.
    public var isReassigned = false
}

public enum Reference: Hashable, Sendable {
    case local(Int)
    case global(String)
}

public struct Block: Sendable {
    public var statements: [Statement] = []
}

public struct Statement: Sendable {
    public let offset: Int
    /// The offset after its last token.
    public let end: Int
    public let kind: Kind

    public indirect enum Kind: Sendable {
        case local([Int], [Expression])
        case localFunction(Int, FunctionBody)
        /// A function statement: `function a.b.c()`, `function a:b()`.
        case function(target: Expression, FunctionBody)
        case assign([Expression], [Expression])
        case call(Expression)
        case block(Block)
        case whileLoop(Expression, Block)
        case repeatLoop(Block, until: Expression)
        case conditional([(condition: Expression, block: Block)], otherwise: Block?)
        case numericLoop(Int, [Expression], Block)
        case genericLoop([Int], [Expression], Block)
        case returning([Expression])
        case jump
    }
}

public struct FunctionBody: Sendable {
    /// `self` is the first one in a function declared with a colon.
    public let parameters: [Int]
    public let isMethod: Bool
    public let block: Block
}

public struct Expression: Sendable {
    public let offset: Int
    public let kind: Kind

    public indirect enum Kind: Sendable {
        case `nil`, `true`, `false`, vararg
        /// A number, with its value.
        case integer(Int), number(Double)
        case string(String)
        case function(FunctionBody)
        case name(Reference)
        case parenthesised(Expression)
        /// A base with suffixes: `base.a[1]:b(c)`.
        case chain(Expression, [Suffix])
        case table([Field])
        case unary(Token.Kind, Expression)
        /// Operators of equal priority, from left to right: `a + b - c`. Operators that bind tighter are inside the
        /// operands.
        case binary(Expression, [(operation: Token.Kind, operand: Expression)])
    }
}

public struct Suffix: Sendable {
    public let offset: Int
    public let kind: Kind

    public enum Kind: Sendable {
        case field(String)
        case index(Expression)
        case call([Expression])
        case method(String, [Expression])
    }
}

public struct Field: Sendable {
    public let offset: Int
    public let key: Key
    public let value: Expression

    public enum Key: Sendable {
        case position
        case name(String)
        case expression(Expression)
    }
}
