import Autodiff
import Networks
import Scripting
import Tensors

/// A coupling: the features where the mask is 1 pass as they are and, with the context, decide a univariate map for each
/// of the others. As zuko.flows.GeneralCouplingTransform.
///
/// With ``AffineMap`` it is Real NVP's (Dinh, Sohl-Dickstein and Bengio, ICLR 2017, equations 7 and 8), with
/// ``SplineMap`` that of Neural spline flows (Durkan et al., NeurIPS 2019).
public struct UnivariateCoupling: FlowTransform {
    /// One truth value per feature: whether it passes as it is.
    public let mask: [Bool]
    public let contextSize: Int?
    public let map: any UnivariateMap
    /// From (rows, passing + context) to (rows, others * numbers of a map).
    public let hyper: Module

    private let passing: Variable
    private let others: Variable
    /// Where each feature stands behind the passing and the others joined.
    private let places: Variable
    private let maskTensor: Variable

    /// - Throws: ``Fault`` for a mask that leaves nothing to pass or nothing to change.
    public init(mask: [Bool], context: Int, map: any UnivariateMap, hyper: Module) throws {
        let (passing, others) = (mask.indices.filter { mask[$0] }, mask.indices.filter { !mask[$0] })
        guard !passing.isEmpty, !others.isEmpty else {
            throw Fault(
                "mask", "\(passing.count) of \(mask.count) features pass as they are; between 1 and \(mask.count - 1) expected")
        }
        (self.mask, self.map, self.hyper) = (mask, map, hyper)
        contextSize = context > 0 ? context : nil
        func positions(_ list: [Int]) throws -> Variable {
            // Positions count from 1.
            Variable(try Tensor(list.map { Double($0 + 1) }, shape: [list.count], .int64))
        }
        self.passing = try positions(passing)
        self.others = try positions(others)
        let joined = passing + others
        places = try positions(mask.indices.map { feature in joined.firstIndex(of: feature) ?? 0 })
        maskTensor = Variable(try Tensor(mask.map { $0 ? 1 : 0 }, shape: [mask.count], .bool))
    }

    public var parameters: [(name: String, value: Variable)] {
        hyper.parameters.map { ("hyper.\($0.name)", $0.value) }
    }
    public var buffers: [(name: String, value: Variable)] {
        [("mask", maskTensor)] + hyper.buffers.map { ("hyper.\($0.name)", $0.value) }
    }
    public var heldValues: [Value] { hyper.heldValues }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        try transform(x, context) { try map.toLatent($0, $1) }
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        try transform(z, context) { try map.toData($0, $1) }
    }

    private func transform(
        _ x: Variable, _ context: Variable?, _ map: (Variable, Variable) throws -> (Variable, Variable)
    ) throws -> (Variable, Variable) {
        guard x.shape.last == mask.count else {
            throw ScriptError(
                "flow.Coupling", "x of shape \(Shape.describe(x.shape)): \(mask.count) features expected")
        }
        let known = try x.indexSelect(1, passing)
        let input = try Conditioning.join(known, context, expected: contextSize, "flow.Coupling")
        let numbers = try Conditioning.numbers(
            hyper, input, features: others.shape[0], each: self.map.parameterCount, "flow.Coupling")
        let (changed, logSlope) = try map(x.indexSelect(1, others), numbers)
        let result = try Variable.concatenate([known, changed], 1).indexSelect(1, places)
        return (result, try logSlope.sum([1]))
    }
}

/// What conditioners are given and what they give.
enum Conditioning {
    /// x and the context side by side.
    /// - Throws: ``ScriptError`` for a context that is missing, not expected or of another size.
    static func join(_ x: Variable, _ context: Variable?, expected: Int?, _ operation: String) throws -> Variable {
        guard let expected else { return x }
        guard let context else {
            throw ScriptError(operation, "no context: one of \(expected) numbers per row expected")
        }
        guard context.shape == [x.shape[0], expected] else {
            throw ScriptError(
                operation, "a context of shape \(Shape.describe(context.shape)); (\(x.shape[0]), \(expected)) expected")
        }
        return try Variable.concatenate([x, context], 1)
    }

    /// The network's numbers as (rows, features, each).
    static func numbers(
        _ network: Module, _ input: Variable, features: Int, each: Int, _ operation: String
    ) throws -> Variable {
        let numbers = try network(input)
        let rows = input.shape[0]
        guard numbers.shape == [rows, features * each] else {
            throw ScriptError(
                operation,
                """
                the network makes \(Shape.describe(numbers.shape)) of \(Shape.describe(input.shape)); (\(rows), \
                \(features * each)) expected: \(each) numbers for each of \(features) features
                """)
        }
        return try numbers.reshape([rows, features, each])
    }
}
