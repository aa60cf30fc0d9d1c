/// A Lua program: its statements, with every name bound to a local variable or to a global's name.
///
/// Chains of operators and suffixes are lists, so that the tree is never deeper than the nesting that Lua allows, and
/// may be walked by plain recursion.
public struct SyntaxTree: Sendable {
    public let body: Block
    /// All local variables, in the order of declaration; ``Reference/local(_:)`` counts into it.
    public let locals: [LocalVariable]
    /// True when the program names `_ENV`, after which a global's name says little.
    public let namesEnvironment: Bool
}

public struct LocalVariable: Sendable {
    public let name: String
    public let offset: Int
    /// Declared with `<const>` or `<close>`.
    public var isConstant = false
    /// Whether anything is assigned to it after its declaration.
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
    /// The byte behind its last word.
    public let end: Int
    public let kind: Kind

    public indirect enum Kind: Sendable {
        case local([Int], [Expression])
        case localFunction(Int, FunctionBody)
        /// `function a.b.c()`, `function a:b()`
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
    /// `self` first, in a function declared with a colon.
    public let parameters: [Int]
    public let isMethod: Bool
    public let block: Block
}

public struct Expression: Sendable {
    public let offset: Int
    public let kind: Kind

    public indirect enum Kind: Sendable {
        case `nil`, `true`, `false`, vararg
        /// With its value.
        case integer(Int), number(Double)
        case string(String)
        case function(FunctionBody)
        case name(Reference)
        case parenthesised(Expression)
        /// `base.a[1]:b(c)`
        case chain(Expression, [Suffix])
        case table([Field])
        case unary(Token.Kind, Expression)
        /// From left to right: `a + b - c`. What binds tighter is inside the operands.
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
