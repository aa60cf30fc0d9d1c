// Parameters that are decoded together.

extension Domain {
    /// A table decoded like a call `f{...}`, with arguments by position or name and options, into one value: `{x, y,
    /// label = "a"}`.
    public static func table<each U>(
        _ parameters: repeat Parameter<each U>, expected: String = "a table",
        make: @escaping @Sendable (repeat each U) throws -> T
    ) -> Domain {
        var specs: [ParameterSpec] = []
        repeat specs += (each parameters).specs
        let (form, held) = (Form(specs, [], .table, []) { _ in [] }, (repeat each parameters))
        return Domain(.table, expected: expected, show: { _ in "{}" }) { value in
            guard case .table = value else { return nil }
            var call = Call([value], Context())
            do {
                try call.place(form)
                return try make(repeat try (each held).read(&call))
            } catch let fault as Fault {
                throw Fault(form.describe(fault, in: call))
            }
        }
    }
}

extension Parameter {
    /// Several parameters, joined into one value.
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

    /// Several parameters of one type, as a list.
    public static func list<E>(_ parts: [Parameter<E>]) -> Parameter where T == [E] {
        Parameter(parts.flatMap(\.specs)) { call in try parts.map { try $0.read(&call) } }
    }

    /// Two arguments of `f{...}`: `{y}`, `{x, y}`, or each by name. Given by position, `main` is the last.
    public static func pair<A, B>(_ main: Parameter<A>, after other: Parameter<B>) -> Parameter where T == (A, B) {
        Parameter(main.specs + other.specs) { call in
            let index = call.next
            var isSwapped = call.named >> UInt64(index) & 3 == 0 && index + 1 < call.values.count
            if isSwapped, case .none = call.values[index + 1] { isSwapped = false }
            if isSwapped { call.values.swapAt(index, index + 1) }
            do {
                return (try main.read(&call), try other.read(&call))
            } catch let fault as Fault where isSwapped {
                guard let name = fault.parameter else { throw fault }
                throw Fault("argument \(index + (name == main.specs[0].name ? 2 : 1)) (\(name)): \(fault.message)")
            }
        }
    }

    /// The value, and the names of those of its parameters that the call gives (and that are not nil), for options that
    /// exclude each other. Not for a rest parameter.
    public var withNames: Parameter<(value: T, given: [String])> {
        Parameter<(value: T, given: [String])>(specs) { [specs, read] call in
            let first = call.next
            let value = try read(&call)
            let given = zip(specs, call.values.dropFirst(first)).filter { if case .none = $0.1 { false } else { true } }
            return (value, given.map(\.0.name))
        }
    }
}
