import Scripting
import Tensors

extension Domain<any Distribution> {
    static var distribution: Domain {
        Domain<DistributionObject>.object(DistributionObject.type).map(show: { $0.description }) { $0.law }
    }
}

extension Results<any Distribution> {
    static var distribution: Results {
        Results(.object(DistributionObject.type.name)) { .object(DistributionObject($0)) }
    }
}

extension Results<[Int]> {
    /// A table of whole numbers.
    static var integers: Results { Results(.list(.integer)) { .list($0.map { .integer($0) }) } }
}
