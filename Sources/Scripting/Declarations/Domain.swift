/// The values that a parameter accepts, and their conversion to Swift.
///
///     Domain.number(from: 0)        // a number from 0
///     .optional(.integer(from: 1))  // nil, or a whole number from 1
///     Domain.choice(["none", "mean"])
public struct Domain<T>: Sendable {
    /// The type in signatures, documentation and definitions for editors.
    public var type: ScriptType
    /// The expected value in messages: `a number from 0`.
    public var expected: String
    /// Whether nil is accepted.
    public var isOptional = false
    /// How a signature shows a default.
    public let show: @Sendable (T) -> String
    /// The Swift value; nil for a value that is not accepted, or throws a ``Fault`` where more can be said.
    public let read: @Sendable (__owned Value) throws -> T?

    /// `read` must accept exactly what `expected` says.
    public init(
        _ type: ScriptType, expected: String, show: @escaping @Sendable (T) -> String = { "\($0)" },
        read: @escaping @Sendable (__owned Value) throws -> T?
    ) {
        (self.type, self.expected, self.show, self.read) = (type, expected, show, read)
    }
}

/// An interval of numbers, with its ends included (`from`, `to`) or excluded (`above`, `below`).
struct Bounds: Sendable {
    let from, above, to, below: Double
    /// Whether infinities and NaN are excluded, too.
    let isFinite: Bool

    func contains(_ x: Double) -> Bool {
        x >= from && (x > above || above == -.infinity) && x <= to && (x < below || below == .infinity)
            && (!isFinite || x.isFinite)
    }

    /// In words: ` from 0 to below 1`.
    var text: String {
        [("from", from), ("above", above), ("to", to), ("to below", below)]
            .map { word, bound in bound.isFinite ? " \(word) \(shown(bound))" : "" }.joined()
    }
}

// MARK: Domains made of others

extension Domain {
    /// A value that may be left out; nil then.
    public static func optional<W>(_ domain: Domain<W>) -> Domain where T == W? {
        var result = Domain(domain.type, expected: domain.expected, show: { $0.map(domain.show) ?? "nil" }) { value in
            if case .none = value { return .some(nil) }
            // Not simply `domain.read(value)`: a refused value would become an optional that contains nil.
            return try domain.read(value).map { .some($0) }
        }
        result.isOptional = true
        return result
    }

    /// A value that may be left out and is nil then, with the text that signatures show as its default:
    ///
    ///     .option("max_eval", .optional(.integer(from: 1), shown: "max_iter * 5 // 4"), default: nil)
    public static func optional<W>(_ domain: Domain<W>, shown fallback: String) -> Domain where T == W? {
        let optional = Domain<W?>.optional(domain)
        var result = Domain(
            optional.type, expected: optional.expected, show: { $0.map(domain.show) ?? fallback }, read: optional.read)
        result.isOptional = true
        return result
    }

    /// The values of either domain, read by the first one that accepts them.
    public func or(_ other: Domain<T>) -> Domain<T> {
        let types = ScriptType.either(type.choices + other.type.choices)
        var result = Domain(types, expected: "\(expected) or \(other.expected)", show: show) { [read] value in
            if let result = try read(value) { return result }
            // An error of the second domain for a value of the first one's type would hide that the first exists.
            do { return try other.read(value) } catch is Fault where !other.type.admits(value) { return nil }
        }
        result.isOptional = isOptional || other.isOptional
        return result
    }

    /// The domain's values, converted by a function; where it returns nil, the value is not accepted.
    public func map<U>(
        expected: String? = nil, show: @escaping @Sendable (U) -> String = { "\($0)" },
        _ transform: @escaping @Sendable (T) throws -> U?
    ) -> Domain<U> {
        var result = Domain<U>(type, expected: expected ?? self.expected, show: show) { [read] value in
            try read(value).flatMap(transform)
        }
        result.isOptional = isOptional
        return result
    }

    /// The same values under another description in messages.
    public func asking(for expected: String) -> Domain {
        var result = self
        result.expected = expected
        return result
    }

    /// A table with values of one domain at 1, 2 and so on; a message names the first that is none.
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
    /// The alternatives of a union type; else the type itself.
    public var choices: [ScriptType] { if case .either(let types) = self { types } else { [self] } }
}

extension ScriptTable {
    /// The elements of a table that has no other keys: a name in it is meant as an option, which would be lost.
    public func sequence() throws -> [Value] {
        if case .string(let name)? = try strayKey() { throw Fault("unknown option \(name) in a list") }
        return try elements()
    }
}
