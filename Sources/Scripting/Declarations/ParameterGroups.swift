// Parameters made of several, and options written out.

extension Parameter {
    /// Parameters that belong together, as one value.
    ///
    ///     static var range: Parameter<ClosedRange<Double>> {
    ///         .joined(.option("lo", .number), .option("hi", .number)) { lo, hi in lo...max(lo, hi) }
    ///     }
    public static func joined<each P>(
        _ parts: repeat Parameter<each P>, make: @escaping @Sendable (repeat each P) throws -> T
    ) -> Parameter {
        var specs: [ParameterSpec] = []
        repeat specs += (each parts).specs
        let parts = (repeat each parts)
        return Parameter(specs) { call in try make(repeat try (each parts).read(&call)) }
    }

    /// Parameters of one type, as a list.
    public static func list<E>(_ parts: [Parameter<E>]) -> Parameter where T == [E] {
        Parameter(parts.flatMap(\.specs)) { call in try parts.map { try $0.read(&call) } }
    }
}

extension OptionTable {
    /// The options with the values that settings have, as a script writes them: `lr = 0.1, amsgrad = false`.
    public func text(of settings: S) -> String {
        fields.flatMap { $0.specs(settings) }.map { "\($0.name) = \($0.fallback ?? "nil")" }.joined(separator: ", ")
    }
}

extension Domain {
    /// What may be left out and is nil then, with the text that signatures show as the default:
    ///
    ///     .option("max_eval", .optional(.integer(from: 1), shown: "max_iter * 5 // 4"), default: nil)
    public static func optional<W>(_ domain: Domain<W>, shown fallback: String) -> Domain where T == W? {
        let optional = Domain<W?>.optional(domain)
        var result = Domain(
            optional.type, expected: optional.expected, show: { $0.map(domain.show) ?? fallback }, read: optional.read)
        (result.bounds, result.isOptional) = (optional.bounds, true)
        return result
    }
}

extension Fault {
    /// The same, said of a part of a parameter's value: `group 2: option lr: ...`.
    public func inside(_ parameter: String, _ part: String) -> Fault {
        Fault(parameter, "\(part): \(self.parameter.map { "option \($0): " } ?? "")\(message)")
    }
}
