/// The values that a parameter takes, and how one becomes a Swift value.
///
///     Domain.number(from: 0)        // a number from 0
///     .optional(.integer(from: 1))  // nil, or a whole number from 1
///     Domain.choice(["none", "mean"])
public struct Domain<T>: Sendable {
    public var type: ScriptType
    public var bounds: Bounds?
    /// What messages ask for: `a number from 0`.
    public var expected: String
    /// Whether nothing is one of the values.
    public var isOptional = false
    /// How a signature writes a default.
    public let show: @Sendable (T) -> String
    /// Nil for a value outside; throws a ``Fault`` where more can be said than what was expected.
    public let read: @Sendable (__owned Value) throws -> T?

    public init(
        _ type: ScriptType, expected: String, show: @escaping @Sendable (T) -> String = { "\($0)" },
        read: @escaping @Sendable (__owned Value) throws -> T?
    ) {
        (self.type, self.expected, self.show, self.read) = (type, expected, show, read)
    }
}

/// An interval of numbers, with its ends (`from`, `to`) or without (`above`, `below`).
public struct Bounds: Sendable, Equatable {
    public var from = -Double.infinity
    public var above = -Double.infinity
    public var to = Double.infinity
    public var below = Double.infinity
    public var isFinite = false

    func contains(_ x: Double) -> Bool {
        x >= from && (x > above || above == -.infinity) && x <= to && (x < below || below == .infinity)
            && (!isFinite || x.isFinite)
    }

    /// ` from 0 to below 1`
    var text: String {
        [("from", from), ("above", above), ("to", to), ("to below", below)]
            .map { word, bound in bound.isFinite ? " \(word) \(shown(bound))" : "" }.joined()
    }
}

// MARK: Domains made of others

extension Domain {
    /// What may be left out, and is nil then.
    public static func optional<W>(_ domain: Domain<W>) -> Domain where T == W? {
        var result = Domain(domain.type, expected: domain.expected, show: { $0.map(domain.show) ?? "nil" }) { value in
            if case .none = value { return .some(nil) }
            // Not `domain.read(value)` by itself: what the domain refuses would become an optional that holds nil.
            return try domain.read(value).map { .some($0) }
        }
        (result.bounds, result.isOptional) = (domain.bounds, true)
        return result
    }

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

    /// The values of one or of the other, read as the first that takes them.
    public func or(_ other: Domain<T>) -> Domain<T> {
        let types = ScriptType.either(type.choices + other.type.choices)
        var result = Domain(types, expected: "\(expected) or \(other.expected)", show: show) { [read] value in
            if let result = try read(value) { return result }
            // What the second says of a value of the first's kind would hide that the first is there, too.
            do { return try other.read(value) } catch is Fault where !other.type.admits(value) { return nil }
        }
        result.isOptional = isOptional || other.isOptional
        return result
    }

    /// The result of a function of the domain's values; nil for a value that has none.
    public func map<U>(
        expected: String? = nil, show: @escaping @Sendable (U) -> String = { "\($0)" },
        _ transform: @escaping @Sendable (T) throws -> U?
    ) -> Domain<U> {
        var result = Domain<U>(type, expected: expected ?? self.expected, show: show) { [read] value in
            try read(value).flatMap(transform)
        }
        (result.bounds, result.isOptional) = (bounds, isOptional)
        return result
    }

    /// The same values, asked for in other words.
    public func asking(for expected: String) -> Domain {
        var result = self
        result.expected = expected
        return result
    }

    public static func list<E>(of element: Domain<E>, expected: String = "a list") -> Domain where T == [E] {
        Domain(
            .list(element.type), expected: expected,
            show: { "{\($0.map(element.show).joined(separator: ", "))}" }
        ) { value in
            guard case .table(let table) = value else { return nil }
            return try table.sequence().enumerated().map { index, value in
                do {
                    if let result = try element.read(value) { return result }
                } catch let fault as Fault {
                    throw Fault("element \(index + 1): \(fault.message)")
                }
                throw Fault("element \(index + 1): \(element.expected) expected, got \(value.shown)")
            }
        }
    }

    /// One value, or a list of them.
    public static func oneOrMore<E>(_ element: Domain<E>) -> Domain where T == [E] {
        let list = Domain.list(of: element)
        let type = ScriptType.either(element.type.choices + [list.type])
        return Domain(type, expected: element.expected, show: { $0.count == 1 ? element.show($0[0]) : list.show($0) }) {
            value in
            if case .table = value { return try list.read(value) }
            return try element.read(value).map { [$0] }
        }
    }
}

extension ScriptType {
    /// The alternatives of a type; one for most.
    public var choices: [ScriptType] { if case .either(let types) = self { types } else { [self] } }
}

extension ScriptTable {
    /// The elements of a table that holds nothing else: a name in it is an option that somebody meant, and would be
    /// lost.
    public func sequence() throws -> [Value] {
        if case .string(let name)? = try strayKey() { throw Fault("unknown option \(name) in a list") }
        return try elements()
    }
}
