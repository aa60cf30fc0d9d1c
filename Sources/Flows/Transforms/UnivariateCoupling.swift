import Autodiff
import Networks
import Scripting
import Tensors

/// A coupling: features where the mask is 1 pass unchanged; a network computes from them and the context a univariate
/// map for each of the others. As zuko.flows.GeneralCouplingTransform.
///
/// With ``ShiftMap`` it is NICE's (Dinh, Krueger and Bengio 2015, equation 8), with ``AffineMap`` Real NVP's (Dinh,
/// Sohl-Dickstein and Bengio, ICLR 2017, equations 7 and 8), with ``SplineMap`` that of Neural spline flows (Durkan et
/// al., NeurIPS 2019). Masks of images are Real NVP's section 3.4.
public struct UnivariateCoupling: ConditionedTransform {
    /// True where a feature passes unchanged and is read by the network.
    public let mask: CouplingMask
    public let contextSize: Int?
    public let map: any UnivariateMap
    /// The network: (rows, passing + context) -> (rows, others * numbers of a map); for images (rows, channels +
    /// context, H, W) -> (rows, changed channels * numbers of a map, H, W).
    public let hyper: Module

    private let passing: Variable
    private let others: Variable
    /// Where each feature stands when passing ones and then others are concatenated.
    private let places: Variable
    private let maskTensor: Variable
    /// As messages name it: `flow.AffineCoupling`.
    private let operation: String

    /// `hyper` must give as many numbers as its description says; not checked here.
    public init(mask: CouplingMask, context: Int, map: any UnivariateMap, hyper: Module) throws {
        (self.mask, self.map, self.hyper) = (mask, map, hyper)
        contextSize = context > 0 ? context : nil
        let kind = type(of: map).name
        operation = "flow.\(kind.prefix(1).uppercased())\(kind.dropFirst())Coupling"
        (passing, others, places) = try Conditioning.positions(mask.passing, mask.changed)
        maskTensor = Variable(try Tensor(mask.flags.map { $0 ? 1 : 0 }, shape: mask.shape, .bool))
    }

    /// - Parameter mask: one value per feature, true where it passes unchanged.
    /// - Throws: ``Fault`` for a mask that leaves nothing to pass or nothing to change.
    public init(mask: [Bool], context: Int, map: any UnivariateMap, hyper: Module) throws {
        try self.init(
            mask: CouplingMask(mask, shape: [mask.count]), context: context, map: map, hyper: hyper)
    }

    var features: (name: String, value: Variable) { ("mask", maskTensor) }

    public func latentShape(of event: [Int]) throws -> [Int] {
        _ = try Shape.count(event, for: operation)
        do { try mask.check([1] + event, operation) } catch let error as ScriptError {
            throw Fault(error.message)
        }
        return event
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        try transform(x, context) { try map.toLatent($0, $1) }
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        try transform(z, context) { try map.toData($0, $1) }
    }

    private typealias Mapping = (Variable, Variable) throws -> (Variable, Variable)

    private func transform(
        _ x: Variable, _ context: Variable?, _ map: Mapping
    ) throws -> (Variable, Variable) {
        try mask.check(x.shape, operation)
        if mask.isOfImages, !mask.isOfChannels { return try transformPlaces(x, context, map) }
        let shape = x.shape
        let x = mask.isOfImages ? x : try x.reshape([shape[0], mask.flags.count])
        let known = try x.indexSelect(1, passing)
        let input = try Conditioning.join(known, context, expected: contextSize, operation)
        let numbers = try Conditioning.numbers(
            hyper, input, features: others.shape[0], each: self.map.parameterCount, operation)
        let (changed, logSlope) = try map(x.indexSelect(1, others), numbers)
        let result = try Variable.concatenate([known, changed], 1).indexSelect(1, places)
        return (try result.reshape(shape), try logSlope.sumOfRows())
    }

    /// Images whose mask differs from place to place: the network sees zeros where the mask is 0 and gives maps for all
    /// numbers; passing numbers do not use theirs.
    private func transformPlaces(
        _ x: Variable, _ context: Variable?, _ map: Mapping
    ) throws -> (Variable, Variable) {
        let zero = try x.constant(0)
        let input = try Conditioning.join(
            x.choose(maskTensor, zero), context, expected: contextSize, operation)
        let numbers = try Conditioning.numbers(
            hyper, input, features: x.shape[1], each: self.map.parameterCount, operation)
        let (changed, logSlope) = try map(zero.choose(maskTensor, x), numbers)
        return (
            try x.choose(maskTensor, changed), try logSlope.constant(0).choose(maskTensor, logSlope).sumOfRows()
        )
    }
}

/// A transform by univariate maps whose parameters a network computes.
protocol ConditionedTransform: FlowTransform {
    var map: any UnivariateMap { get }
    var hyper: Module { get }
    /// The order or the mask as a named tensor, which a file keeps.
    var features: (name: String, value: Variable) { get }
}

extension ConditionedTransform {
    public var parameters: [(name: String, value: Variable)] {
        hyper.parameters.map { ("hyper.\($0.name)", $0.value) }
    }
    public var buffers: [(name: String, value: Variable)] {
        [features] + hyper.buffers.map { ("hyper.\($0.name)", $0.value) }
    }
    public var heldValues: [Value] { hyper.heldValues }
    public var dataRange: NumberRange? { map.range }
    public var latentRange: NumberRange? { map.range }
}

/// Inputs and outputs of conditioning networks.
enum Conditioning {
    /// Positions, from 1, of the passing features, of the changed ones, and of each feature in the concatenation of the
    /// two.
    static func positions(
        _ passing: [Int], _ changed: [Int]
    ) throws -> (passing: Variable, changed: Variable, places: Variable) {
        func positions(_ list: [Int]) throws -> Variable {
            Variable(try Tensor(integers: list.map { $0 + 1 }, shape: [list.count]))
        }
        let joined = passing + changed
        var places = joined
        for (place, feature) in joined.enumerated() { places[feature] = place }
        return (try positions(passing), try positions(changed), try positions(places))
    }

    /// x and the context concatenated; for images each number of the context becomes a channel behind those of x.
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
        guard x.shape.count > 2 else { return try Variable.concatenate([x, context], 1) }
        let ones = [Int](repeating: 1, count: x.shape.count - 2)
        let planes = try context.reshape(context.shape + ones).expand(context.shape + x.shape.dropFirst(2))
        return try Variable.concatenate([x, planes], 1)
    }

    /// The network's output as (rows, features, places..., each). In it the numbers of one feature are adjacent; for
    /// images they are consecutive channels.
    static func numbers(
        _ network: Module, _ input: Variable, features: Int, each: Int, _ operation: String
    ) throws -> Variable {
        let numbers = try network(input)
        let rows = input.shape[0]
        let places = Array(input.shape.dropFirst(2))
        guard numbers.shape == [rows, features * each] + places else {
            throw ScriptError(
                operation,
                """
                the network makes \(Shape.describe(numbers.shape)) of \(Shape.describe(input.shape)); \
                \(Shape.describe([rows, features * each] + places)) expected: \(each) numbers for each of \(features) \
                \(places.isEmpty ? "features" : "channels")
                """)
        }
        if try !numbers.value.isFinite(), try input.value.isFinite() {
            try Demand.finite(network.parameters, operation)
        }
        if places.isEmpty { return try numbers.reshape([rows, features, each]) }
        // (rows, features, each, places...), then `each` is moved to the end.
        let apart = try numbers.reshape([rows, features, each] + places)
        return try apart.permute([0, 1] + (3..<apart.shape.count) + [2])
    }
}
