// Domains of numbers, texts, tables, functions and objects. Rooms add domains of their own types.

extension Domain<Double> {
    // Bounds are not of type `Double?`: literals for optional numbers double the type checker's time per parameter.
    /// A number between bounds, integers included; NaN is refused where there are bounds.
    public static func number(
        from: Double = -.infinity, above: Double = -.infinity, to: Double = .infinity, below: Double = .infinity,
        finite: Bool = false
    ) -> Domain {
        let bounds = Bounds(from: from, above: above, to: to, below: below, isFinite: finite)
        let isBounded = finite || !bounds.text.isEmpty
        let expected = (finite ? "a finite number" : "a number") + bounds.text
        return Domain(.number, expected: expected, show: { shown($0) }) { value in
            guard let number = value.asNumber, !isBounded || bounds.contains(number) else { return nil }
            return number
        }
    }

    /// Any number, also infinite or NaN.
    public static var number: Domain { .number() }
}

extension Domain<Int> {
    /// An integer by its value: `2.0` is one; `2.5`, NaN and infinities are not.
    public static func integer(from: Int = .min, to: Int = .max) -> Domain {
        let words =
            switch (from, to) {
            case (.min, .max): ""
            case (_, .max): " from \(from)"
            case (.min, _): " up to \(to)"
            default: " from \(from) to \(to)"
            }
        return Domain(.integer, expected: "a whole number" + words) { value in
            guard let integer = value.asInteger, integer >= from, integer <= to else { return nil }
            return integer
        }
    }

    /// Any integer of 64 bits.
    public static var integer: Domain { .integer() }
}

extension Domain<Bool> {
    /// true or false; nil and other values are not taken as truth values.
    public static var flag: Domain {
        Domain(.boolean, expected: "true or false") { value in
            if case .boolean(let flag) = value { flag } else { nil }
        }
    }
}

extension Domain<String> {
    /// A text for people. For names, keys and paths use ``bytes``.
    public static var text: Domain {
        Domain(.string, expected: "a string", show: { ByteString($0).quoted() }) { value in
            if case .string(let bytes) = value { bytes.text } else { nil }
        }
    }

    /// One of these texts.
    public static func choice(_ names: [String]) -> Domain {
        Domain(.choice(names), expected: "one of \(names.joined(separator: ", "))", show: { "\"\($0)\"" }) { value in
            guard case .string(let given) = value else { throw Fault("a string expected, got \(value.shown)") }
            return names.first { ByteString($0) == given }
        }
    }
}

extension Domain<ByteString> {
    /// A string, byte for byte.
    public static var bytes: Domain {
        Domain(.string, expected: "a string", show: { $0.quoted() }) { value in
            if case .string(let bytes) = value { bytes } else { nil }
        }
    }
}

extension Domain where T: CaseIterable & RawRepresentable<String> & SendableMetatype {
    /// The names of an enumeration's cases, or of some of them.
    public static func choice(_ cases: [T] = Array(T.allCases)) -> Domain where T: Sendable {
        Domain<String>.choice(cases.map(\.rawValue)).map(show: { "\"\($0.rawValue)\"" }) { T(rawValue: $0) }
    }
}

extension Domain<any ScriptFunction> {
    /// A function of the script or of Swift; callable objects are none.
    public static var function: Domain {
        Domain(.function, expected: "a function", show: { _ in "function" }) { value in
            if case .function(let function) = value { function } else { nil }
        }
    }
}

extension Domain<any ScriptTable> {
    /// Any table, by reference.
    public static var table: Domain { .table(expected: "a table") }

    /// A table whose contents the function reads itself; `type` is what editors are told.
    public static func table(_ type: ScriptType = .table, expected: String) -> Domain {
        Domain(type, expected: expected, show: { _ in "{}" }) { value in
            if case .table(let table) = value { table } else { nil }
        }
    }
}

extension Domain<Value> {
    /// Any value except nil.
    public static func any(_ type: ScriptType = .any, expected: String = "a value") -> Domain {
        Domain(type, expected: expected, show: { $0.shown }) { value in
            if case .none = value { nil } else { value }
        }
    }

    /// Any value, including nil.
    public static var anything: Domain {
        var domain = Domain(.any, expected: "a value", show: { $0.shown }) { .some($0) }
        domain.isOptional = true
        return domain
    }
}

extension Domain where T: ScriptObject & SendableMetatype {
    /// Objects of a class.
    @inlinable public static func object(_ type: ObjectType) -> Domain {
        Domain(.object(type.name), expected: "a \(type.name)", show: { _ in type.name }) { value in
            if case .object(let object) = value { object as? T } else { nil }
        }
    }
}
