import Scripting
import Tensors

extension Domain<any Distribution> {
    public static var distribution: Domain {
        // Flows are of a type of their own, in a room above this one.
        let type = ScriptType.either([.object(DistributionObject.type.name), .object("flow")])
        return Domain(type, expected: "a distribution", show: { $0.description }) { value in
            if case .object(let object as any HoldsDistribution) = value { try object.law } else { nil }
        }
    }
}

extension Results<any Distribution> {
    public static var distribution: Results {
        Results(.object(DistributionObject.type.name)) { .object(DistributionObject($0)) }
    }
}

extension Results<[Int]> {
    /// A table of whole numbers.
    static var integers: Results { Results(.list(.integer)) { .list($0.map { .integer($0) }) } }
}

extension Domain<any Distribution> {
    /// What methods of distributions are called on.
    static var receiver: Domain {
        Domain<DistributionObject>.object(DistributionObject.type).map(show: { $0.description }) { $0.law }
    }
}
