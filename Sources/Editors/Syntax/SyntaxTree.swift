/// A Lua program: its statements, in which each name refers to a local variable or is a global.
///
/// Chains of operators and suffixes are lists, so that the tree is never deeper than the nesting that Lua allows and
/// can be walked recursively.
public struct SyntaxTree: Sendable {
    /// The statements outside of all functions.
    public let body: Block
    /// All local variables, in the order of declaration; ``Reference/local(_:)`` is an index into it.
    public let locals: [LocalVariable]
    /// Whether the program uses `_ENV`, so that names of globals tell little.
    public let namesEnvironment: Bool
}

/// A local variable or a parameter.
public struct LocalVariable: Sendable {
    /// As it is written; several variables may share one.
    public let name: String
    /// Where its declaration stands, in bytes from 0.
    public let offset: Int
    /// Declared with `<const>` or `<close>`.
    public var isConstant = false
    /// Whether it is assigned after its declaration.
    public var isReassigned = false
}

/// What a name means where it stands.
public enum Reference: Hashable, Sendable {
    /// The index of a local variable in ``SyntaxTree/locals``.
    case local(Int)
    /// A field of the globals, by its name.
    case global(String)
}

/// Statements in one scope.
public struct Block: Sendable {
    /// In the order of the text.
    public var statements: [Statement] = []
}

/// One statement, with its place in the text.
public struct Statement: Sendable {
    /// Where it begins, in bytes from 0.
    public let offset: Int
    /// The offset after its last token.
    public let end: Int
    public let kind: Kind

    /// Local variables are indices into ``SyntaxTree/locals``.
    public indirect enum Kind: Sendable {
        /// `local a, b = x, y`, also without values.
        case local([Int], [Expression])
        /// `local function f() end`; f is visible in its body.
        case localFunction(Int, FunctionBody)
        /// A function statement: `function a.b.c()`, `function a:b()`.
        case function(target: Expression, FunctionBody)
        /// `a, b.c = x, y`
        case assign([Expression], [Expression])
        /// A call as a statement; the expression is a chain that ends with a call.
        case call(Expression)
        /// `do ... end`
        case block(Block)
        /// `while x do ... end`
        case whileLoop(Expression, Block)
        /// `repeat ... until x`; the condition sees the block's locals.
        case repeatLoop(Block, until: Expression)
        /// `if`, with the branches of `elseif` in their order.
        case conditional([(condition: Expression, block: Block)], otherwise: Block?)
        /// `for i = first, last, step do ... end`, with two or three expressions.
        case numericLoop(Int, [Expression], Block)
        /// `for a, b in x, y do ... end`
        case genericLoop([Int], [Expression], Block)
        /// `return x, y`
        case returning([Expression])
        /// `break` or `goto`; labels are no statements here.
        case jump
    }
}

/// A function without its name.
public struct FunctionBody: Sendable {
    /// `self` is the first one in a function declared with a colon.
    public let parameters: [Int]
    /// Whether it was declared with a colon.
    public let isMethod: Bool
    public let block: Block
}

/// One expression, with its place in the text.
public struct Expression: Sendable {
    /// Where it begins, in bytes from 0.
    public let offset: Int
    public let kind: Kind

    /// Names are resolved: a local variable, or a global.
    public indirect enum Kind: Sendable {
        /// Constants, and `...`.
        case `nil`, `true`, `false`, vararg
        /// A number, with its value.
        case integer(Int), number(Double)
        /// The contents, with escapes replaced.
        case string(String)
        /// `function(x) ... end`
        case function(FunctionBody)
        /// A variable.
        case name(Reference)
        /// `(x)`, which cuts several values of a call to one.
        case parenthesised(Expression)
        /// A base with suffixes: `base.a[1]:b(c)`.
        case chain(Expression, [Suffix])
        /// `{x, name = y, [z] = w}`
        case table([Field])
        /// `-x`, `not x`, `#x` or `~x`.
        case unary(Token.Kind, Expression)
        /// Operators of equal priority, from left to right: `a + b - c`. Operators that bind tighter are inside the
        /// operands.
        case binary(Expression, [(operation: Token.Kind, operand: Expression)])
    }
}

/// What follows a value: a field, an index or a call.
public struct Suffix: Sendable {
    /// Where it begins, in bytes from 0.
    public let offset: Int
    public let kind: Kind

    /// Its arguments are expressions in the order of the text.
    public enum Kind: Sendable {
        /// `.name`
        case field(String)
        /// `[x]`
        case index(Expression)
        /// `(x, y)`, `"text"` or `{...}`
        case call([Expression])
        /// `:name(x, y)`
        case method(String, [Expression])
    }
}

/// One entry of a table.
public struct Field: Sendable {
    /// Where it begins, in bytes from 0.
    public let offset: Int
    public let key: Key
    public let value: Expression

    /// How the entry's key is written.
    public enum Key: Sendable {
        /// `{x}`: the next whole number.
        case position
        /// `{name = x}`
        case name(String)
        /// `{[key] = x}`
        case expression(Expression)
    }
}
