/// A Swift function as scripts see it: its name, documentation and body.
public struct NativeFunction: Sendable {
    /// Gets all arguments as given and returns the results in their order.
    public typealias Body = @Sendable (Arguments) throws -> [Value]

    /// The full name in error messages and `luaflow doc`: `tensor.exp`, `flow.load`, `projection:contains`.
    public let name: String
    public let documentation: Documentation
    public let body: Body
    /// The declaration that it was made from; nil for a function that reads its arguments itself.
    public let declaration: Declaration?

    /// Decodes, checks and documents by the declaration.
    public init(_ declaration: Declaration) {
        name = declaration.name
        documentation = Documentation(declaration)
        self.declaration = declaration
        body = { arguments in
            try declaration.call(arguments.values, in: arguments.context, as: arguments.function)
        }
    }

    /// For a function that reads its arguments itself.
    public init(_ name: String, _ documentation: Documentation, body: @escaping Body) {
        self.name = name
        self.documentation = documentation
        self.body = body
        declaration = nil
    }

    init(_ name: String, _ documentation: Documentation, _ declaration: Declaration?, body: @escaping Body) {
        (self.name, self.documentation, self.declaration, self.body) = (name, documentation, declaration, body)
    }

    /// The last part of the name: `exp` for `tensor.exp`.
    public var shortName: String {
        String(name[(name.lastIndex { $0 == "." || $0 == ":" }.map { name.index(after: $0) } ?? name.startIndex)...])
    }
}

/// What `luaflow doc` prints about a function, a type or a module.
public struct Documentation: Sendable {
    private enum Signature { case text(String), declared(Declaration) }
    private let written: Signature
    /// What it computes: shapes, units, defaults and their reasons.
    public let summary: String
    /// The errors that it raises.
    public let errors: String?
    /// The paper and equation, or the PyTorch function it follows.
    public let source: String?
    /// A short script that runs as it stands (every module a global) and asserts what it shows.
    public let example: String?
    /// Names of related pages.
    public let see: [String]

    /// The signature, such as `tensor.exp(x) -> tensor`; several forms on separate lines.
    public var signature: String {
        switch written {
        case .text(let text): text
        case .declared(let declaration): declaration.signature
        }
    }

    init(_ declaration: Declaration) {
        written = .declared(declaration)
        (summary, errors, source) = (declaration.summary, declaration.errors, declaration.source)
        (example, see) = (declaration.example, declaration.see)
    }

    /// The signature is shown as given: `f(x, {name}) -> y`.
    public init(
        _ signature: String, _ summary: String, errors: String? = nil, source: String? = nil, example: String? = nil
    ) {
        written = .text(signature)
        see = []
        self.summary = summary
        self.errors = errors
        self.source = source
        self.example = example
    }
}
