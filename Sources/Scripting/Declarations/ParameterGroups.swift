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
