import Distributions
import Scripting
import Tensors

/// Where points of a density lie, as scripts name it.
enum SupportArgument {
    case map(any Bijection)

    var map: any Bijection {
        switch self {
        case .map(let map): map
        }
    }
}

extension Domain<SupportArgument> {
    private static var words: String {
        """
        "real", "positive", "unit_interval", "simplex", {"interval", lo, hi}, {"greater_than", lo}, {"less_than", hi} \
        or a distribution
        """
    }

    static var support: Domain {
        Domain(
            .either([.string, .table, .object(DistributionObject.type.name)]), expected: words,
            show: { $0.map.description }
        ) { value in
            switch value {
            case .string(let kind): return .map(try Supports.map(kind.text, []))
            case .table(let table):
                let elements = try table.sequence()
                guard case .string(let kind)? = elements.first else { return nil }
                return .map(try Supports.map(kind.text, elements.dropFirst().map { try Supports.end($0) }))
            case .object(let object as DistributionObject): return .map(try Supports.map(of: object.distribution))
            default: return nil
            }
        }
    }
}

/// The bijections of supports, by the names of their kinds.
enum Supports {
    static let names = [
        "real", "positive", "nonnegative", "unit_interval", "interval", "greater_than", "less_than", "simplex",
    ]

    static func end(_ value: Value) throws -> Tensor {
        guard let numbers = try Domain<Numbers>.numbers.read(value) else {
            throw Fault("an end of the support: a number or a tensor expected, got \(value.shown)")
        }
        return try numbers.variable(.float64).value.cast(.float64)
    }

    private static func number(_ x: Double) throws -> Tensor { try Tensor(x, .float64) }

    /// - Throws: ``Fault`` for an unknown kind, a wrong number of ends, and whole numbers.
    static func map(_ kind: String, _ ends: [Tensor]) throws -> any Bijection {
        // `d:support()` always gives both ends, infinite ones included.
        func expect(_ counts: Int...) throws {
            guard counts.contains(ends.count) else {
                let words = counts.map(String.init).joined(separator: " or ")
                throw Fault("support \"\(kind)\": \(words) ends expected, got \(ends.count)")
            }
        }
        switch kind {
        case "real":
            try expect(0, 2)
            return Unbounded()
        case "positive", "nonnegative":
            try expect(0, 2)
            return try Bounded(number(0), number(.infinity))
        case "unit_interval":
            try expect(0)
            return try Bounded(number(0), number(1))
        case "interval":
            try expect(2)
            return try Bounded(ends[0], ends[1])
        case "greater_than":
            try expect(1, 2)
            return try Bounded(ends[0], ends.count == 2 ? ends[1] : number(.infinity))
        case "less_than":
            try expect(1, 2)
            return try Bounded(ends.count == 2 ? ends[0] : number(-.infinity), ends[ends.count - 1])
        case "simplex":
            try expect(0, 2)
            return Shares()
        case "integers", "boolean", "nonnegative_integers", "integer_interval":
            throw Fault("support \"\(kind)\": chains move in continuous space; sum over whole numbers instead")
        default:
            throw Fault(
                "there is no support \"\(kind)\"\(suggestion(for: kind, among: names)); known are "
                    + "\(names.joined(separator: ", "))"
            )
        }
    }

    /// The bijection onto the support of a distribution.
    static func map(of distribution: any Distribution) throws -> any Bijection {
        let support: Support
        do { support = try distribution.support } catch let error as ScriptError {
            throw Fault("support: \(error.message); name it, such as support = \"real\"")
        }
        return try map(support.kind.rawValue, [support.low, support.high].map { try $0.value.cast(.float64) })
    }
}
