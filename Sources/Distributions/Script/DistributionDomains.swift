import Scripting
import Tensors

extension Domain<any Distribution> {
    /// A distribution, or a flow, which counts as one.
    public static var distribution: Domain {
        // Flows count as distributions; their type is declared in a room above this one.
        let type = ScriptType.either([.object(DistributionObject.type.name), .object("flow")])
        return Domain(type, expected: "a distribution", show: { $0.description }) { value in
            if case .object(let object as any HoldsDistribution) = value { try object.distribution } else { nil }
        }
    }
}

extension Results<any Distribution> {
    /// A new object that remembers no call.
    public static var distribution: Results {
        Results(.object(DistributionObject.type.name)) { .object(DistributionObject($0)) }
    }
}

extension Results<Support> {
    /// The kind of a support, then its ends: numbers where they are the same for the whole batch, else tensors.
    static var support: Results {
        Results([ResultSpec("kind", .string), ResultSpec("low", .any), ResultSpec("high", .any)]) { support in
            func end(_ end: Variable) -> Value {
                if end.shape.isEmpty, let number = try? end.value.item() { return .number(number) }
                return .object(end)
            }
            return [.string(ByteString(support.kind.rawValue)), end(support.low), end(support.high)]
        }
    }
}

extension Domain<Support> {
    /// A support as scripts write it: `"positive"` or `{"interval", 0, 1}`.
    static var support: Domain {
        let kinds = Support.Kind.allCases.map(\.rawValue)
        return Domain(
            .either([.string, .list(.any)]),
            expected: "a kind (\(kinds.joined(separator: ", "))) or {\"interval\", low, high}",
            show: { $0.kind.rawValue }
        ) { value in
            if let name = value.asText {
                guard let kind = Support.Kind(rawValue: name) else { return nil }
                switch kind {
                case .real: return try .real
                case .positive: return try .positive
                case .simplex: return try .simplex
                case .integers: return try .integers(-.infinity, .infinity)
                case .interval, .greaterThan, .lessThan: return nil
                }
            }
            guard case .table(let table) = value, let name = try table.value(at: 1).asText,
                let kind = Support.Kind(rawValue: name)
            else { return nil }
            let low = try table.value(at: 2).asNumber
            let high = try table.value(at: 3).asNumber
            return try Support(kind, low ?? -.infinity, high ?? .infinity)
        }
    }
}

extension Results<[Int]> {
    /// A table of whole numbers.
    static var integers: Results { Results(.list(.integer)) { .list($0.map { .integer($0) }) } }
}

extension Domain<any Distribution> {
    /// The receiver of methods: a distribution.
    static var receiver: Domain {
        Domain<DistributionObject>.object(DistributionObject.type).map(show: { $0.description }) { $0.distribution }
    }
}
