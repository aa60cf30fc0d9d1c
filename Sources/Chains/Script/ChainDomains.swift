import Autodiff
import Distributions
import Samplers
import Scripting
import Tensors

extension Domain<any Distribution> {
    static var distribution: Domain {
        Domain<DistributionObject>.object(DistributionObject.type)
            .asking(for: "a distribution").map(show: { $0.description }) { $0.distribution }
    }
}

/// The density to sample: a function of the batch, or an object with a `log_prob` method.
enum DensityArgument {
    case function(any ScriptFunction)
    case distribution(any Distribution)
    case object(any DensityObject)

    /// The log-density of each chain, (chains), from the batch (chains, shape...).
    func values(_ x: Variable, _ name: String) throws -> Variable {
        let (count, result): (Int, Variable)
        switch self {
        case .function(let function):
            let value = try function.call([.object(x)]).first ?? .none
            guard case .object(let object as Variable) = value else {
                throw Fault(
                    "\(name) returned \(value.shown); a tensor with one number per chain, shape (\(x.shape[0])), "
                        + "expected"
                )
            }
            (count, result) = (object.value.count, object)
        case .distribution(let distribution):
            let own = distribution.batchShape + distribution.eventShape
            let point = Array(x.shape.dropFirst())
            guard (try? Shape.broadcast(own, point, for: "")) == point else {
                throw Fault(
                    """
                    draws of \(distribution.description) have shape \(Shape.describe(own)), points of x0 have \
                    \(Shape.describe(point)): x0 (chains, ...) expected
                    """)
            }
            let logs = try distribution.logProbability(x, for: "mcmc.sample")
            result = logs.shape.count > 1 ? try logs.sum(Array(1..<logs.shape.count)) : logs
            count = result.value.count
        case .object(let object):
            result = try object.logDensity(ofBatch: x)
            count = result.value.count
        }
        guard count == x.shape[0], result.shape.first == count else {
            throw Fault(
                """
                \(name) returned shape \(Shape.describe(result.shape)); one number per chain, shape (\(x.shape[0])), \
                expected
                """)
        }
        return result.shape.count == 1 ? result : try result.reshape([count])
    }
}

extension Domain<DensityArgument> {
    static var density: Domain {
        Domain(
            .either([.function, .object(DistributionObject.type.name), .object("flow")]),
            expected: "a function of the batch (chains, ...), a distribution or a flow", show: { _ in "log_prob" }
        ) { value in
            switch value {
            case .function(let function): .function(function)
            case .object(let object as DistributionObject): .distribution(object.distribution)
            case .object(let object as any DensityObject): .object(object)
            default: nil
            }
        }
    }
}
