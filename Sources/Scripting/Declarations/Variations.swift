// Functions derived from declared ones, and parameters that may be given in several ways.

extension NativeFunction {
    /// The same function with a faster path tried first, for calls that are very frequent, or that one of Lua's
    /// operators makes with other arguments.
    /// - Parameter way: returns nil to leave the call to the function.
    public func trying(_ way: @escaping @Sendable (Arguments) throws -> [Value]?) -> NativeFunction {
        NativeFunction(name, documentation, declaration) { [body] in try way($0) ?? body($0) }
    }

    /// The same function under another name.
    public func named(_ name: String) -> NativeFunction {
        NativeFunction(name, documentation, declaration, body: body)
    }
}

extension Declaration {
    /// A function with the parameters of this one.
    ///
    /// - Parameter body: gets a call with its arguments in place, and must run this function on it once.
    public func variation(
        _ name: String, _ summary: String, called style: Style, returns results: [ResultSpec], errors: String? = nil,
        source: String? = nil, example: String? = nil, see: [String] = [],
        body: @escaping @Sendable (inout Call, (inout Call) throws -> [Value]) throws -> [Value]
    ) -> Declaration {
        let forms = forms.map { form in
            Form(form.specs, results, form.style, []) { call in try body(&call, form.run) }
        }
        return Declaration(
            name, summary, called: style, forms: forms, errors: errors, source: source, example: example, see: see)
    }
}

extension Call {
    /// The values of the parameters in order; those of a rest parameter at its place.
    public var arguments: [Value] {
        get { values }
        set { values = newValue }
    }
}

extension Parameter {
    /// All following arguments, `2, 3`, or one table of them, `{2, 3}`.
    public static func restOrTable<E>(_ name: String, _ domain: Domain<E>, _ note: String = "") -> Parameter
    where T == [E] {
        let list = Domain.list(of: domain)
        let shown = Domain(
            .either(domain.type.choices + [list.type]), expected: domain.expected, show: domain.show, read: domain.read)
        let spec = ParameterSpec(.rest, name, shown, note)
        return Parameter([spec]) { call in
            let isTable = if call.rest > 0, case .table = call.values[call.next] { true } else { false }
            guard !isTable || call.rest == 1 else {
                throw Fault(name, "one table or several values expected, not both")
            }
            return try call.reading(name) {
                if isTable { return try list.read(call.take()) ?? [] }
                return try (0..<call.rest).map { _ in
                    guard let element = try domain.read(call.take()) else { throw call.refusal(of: spec) }
                    return element
                }
            }
        }
    }
}
