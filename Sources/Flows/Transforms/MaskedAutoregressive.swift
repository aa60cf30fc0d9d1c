import Autodiff
import Networks
import Scripting
import Tensors

/// An autoregressive transform: a masked network decides, from the features of lower order and the context, a
/// univariate map for each feature. As zuko.flows.MaskedAutoregressiveTransform.
///
/// Papamakarios, Pavlakou and Murray, "Masked autoregressive flow", NIPS 2017, equations 3 to 5. Features of equal
/// order do not depend on each other; with two orders it is a coupling. `toData` takes one pass for each order.
public struct MaskedAutoregressive: ConditionedTransform {
    /// Each feature's order, from 0.
    public let order: [Int]
    public let contextSize: Int?
    public let map: any UnivariateMap
    public let hyper: Module
    private let orderTensor: Variable

    /// `order` gives the rank of each feature, from 0; `hyper` must be masked to keep it, which is not checked here.
    public init(order: [Int], context: Int, map: any UnivariateMap, hyper: Module) throws {
        (self.order, self.map, self.hyper) = (order, map, hyper)
        contextSize = context > 0 ? context : nil
        orderTensor = Variable(try Tensor(order.map { Double($0) }, shape: [order.count], .int64))
    }

    /// - Throws: ``Fault`` for masks of more than 2^28 connections, each of which is a Bool while masks are made.
    static func checkSize(_ features: Int, _ context: Int, each: Int) throws {
        let inputs = features + context
        guard features <= 1 << 24, inputs <= 1 << 25, features * each <= (1 << 28) / inputs else {
            throw Fault(
                "features",
                "\(features) features with \(each) numbers each and \(inputs) inputs make a mask too large; a "
                    + "coupling has none"
            )
        }
    }

    /// Which inputs (features, then context) each output of the network may depend on: (features * each, inputs).
    static func adjacency(order: [Int], context: Int, each: Int) -> [[Bool]] {
        order.flatMap { own in
            [[Bool]](
                repeating: order.map { own > $0 } + [Bool](repeating: true, count: context), count: each)
        }
    }

    /// A new masked network. One feature without a context has numbers that depend on nothing, normal ones at first.
    static func network(
        order: [Int], context: Int, each: Int, hidden: [Int], activation: Activation, from generator: Generator,
        for operation: String
    ) throws -> Module {
        if order.count == 1, context == 0 {
            return try MaskedMLP.constant((0..<each).map { _ in generator.normal() })
        }
        return try MaskedMLP.make(
            adjacency(order: order, context: context, each: each), hidden: hidden, activation: activation,
            from: generator, for: operation)
    }

    var features: (name: String, value: Variable) { ("order", orderTensor) }

    private func numbers(_ x: Variable, _ context: Variable?) throws -> Variable {
        guard x.shape.count == 2, x.shape[1] == order.count else {
            throw ScriptError(
                "flow.Autoregressive", "x of shape \(Shape.describe(x.shape)): \(order.count) features expected")
        }
        let input = try Conditioning.join(x, context, expected: contextSize, "flow.Autoregressive")
        return try Conditioning.numbers(
            hyper, input, features: order.count, each: map.parameterCount, "flow.Autoregressive")
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.vector(event, order.count, "flow.Autoregressive")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (z, logSlope) = try map.toLatent(x, numbers(x, context))
        return (z, try logSlope.sum([1]))
    }

    /// Fixed-point iteration: each pass makes the features of one more order right.
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let passes = (order.max() ?? 0) + 1
        var x = Variable(try Tensor.zeros(z.shape, z.dtype))
        var logSlope = x
        // In the last pass all inputs of the network are right already, so that the result and its gradients are right.
        for _ in 0..<passes { (x, logSlope) = try map.toData(z, numbers(x, context)) }
        return (x, try logSlope.sum([1]))
    }
}
