/// A function for scripts, declared once: its parameters, results and documentation, and a body with typed Swift
/// values.
///
///     static let hypot = Declaration(
///         "math2.hypot", "The length of (x, y).",
///         takes: .argument("x", .number), .argument("y", .number, default: 0), returns: .number,
///         example: "assert(math2.hypot(3, 4) == 5)"
///     ) { x, y in (x * x + y * y).squareRoot() }
///
/// Decoding, error messages, the printed signature, `luaflow doc`, completion, `luaflow check` and the definitions for
/// editors follow from it.
public struct Declaration: Sendable {
    /// How scripts write a call.
    public enum Style: Sendable, Equatable {
        /// `tensor.zeros(2)`
        case function
        /// `d:sample(2)`: the first parameter is the receiver.
        case method
        /// `tensor.exp(x)` and `x:exp()`
        case both
        /// `x.shape`
        case property
        /// `x.grad = g`
        case setter
        /// Written as shown here: `#x`, `x[i]`, `tostring(x)`.
        case symbol(String)
    }

    /// The full name in error messages and `luaflow doc`: `tensor.exp`, `distribution:sample`.
    public let name: String
    /// What it computes: shapes, units, defaults and their reasons. Markdown, with mathematics between dollar signs.
    public let summary: String
    /// The errors that it raises, besides those of the parameters' domains.
    public let errors: String?
    /// The paper and equation, or the PyTorch function that it follows.
    public let source: String?
    /// A short script that runs as it stands (every module a global) and asserts what it shows.
    public let example: String?
    /// Names of related pages.
    public let see: [String]
    public let style: Style
    let form: Form
    let others: [Form]

    /// At least one; the first whose arguments fit is called.
    public var forms: [Form] { [form] + others }

    /// A function that can be called in several ways.
    public init(
        _ name: String, _ summary: String, called style: Style = .function, forms form: Form, _ others: Form...,
        errors: String? = nil, source: String? = nil, example: String? = nil, see: [String] = []
    ) {
        (self.name, self.summary, self.errors, self.source) = (name, summary, errors, source)
        (self.example, self.see, self.style) = (example, see, style)
        (self.form, self.others) = (form.called(style), others.map { $0.called(style) })
    }

    /// - Parameter forms: at least one.
    init(
        _ name: String, _ summary: String, called style: Style, forms: [Form], errors: String?, source: String?,
        example: String?, see: [String]
    ) {
        (self.name, self.summary, self.errors, self.source) = (name, summary, errors, source)
        (self.example, self.see, self.style) = (example, see, style)
        (form, others) = (forms[0].called(style), forms.dropFirst().map { $0.called(style) })
    }

    /// The usual case: a single form.
    @inlinable @inline(never)
    public init<each T, R>(
        _ name: String, _ summary: String, called style: Style = .function, by way: Form.Style = .places,
        takes parameters: repeat Parameter<each T>, returns results: Results<R>,
        errors: String? = nil, source: String? = nil, example: String? = nil, see: [String] = [],
        body: @escaping @Sendable (repeat each T) throws -> R
    ) {
        self.init(
            name, summary, called: style,
            forms: Form(by: way, takes: repeat each parameters, returns: results, body: body),
            errors: errors, source: source, example: example, see: see)
    }
}

extension Form {
    fileprivate func called(_ style: Declaration.Style) -> Form {
        var form = self
        form.hasReceiver = style == .method || style == .both
        return form
    }
}

extension Declaration {
    /// Decodes the arguments, calls the body and encodes what it returns.
    /// - Parameter name: the function's name in messages.
    public func call(_ values: __owned [Value], in context: Context, as name: String) throws -> [Value] {
        var call = Call(values, context)
        call.function = name
        if others.isEmpty { return try run(form, &call, name) }
        // The first of the forms that fit best.
        var (best, fit) = (form, try form.fit(call.values))
        for other in others {
            let candidate = try other.fit(call.values)
            if candidate > fit { (best, fit) = (other, candidate) }
        }
        return try run(best, &call, name)
    }

    private func run(_ form: Form, _ call: inout Call, _ name: String) throws -> [Value] {
        do {
            if !form.takesAsTheyAre(call.values) { try call.place(form) }
            return try form.run(&call)
        } catch let fault as Fault {
            throw ScriptError(name, form.describe(fault, in: call))
        } catch let error as ScriptError where error.operation.isEmpty {
            throw ScriptError(name, error.message)
        }
    }
}
