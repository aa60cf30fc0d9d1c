import Autodiff
import Distributions
import Networks
import Scripting
import Tensors

/// Any distribution, a flow too, as the base of a flow: one over single numbers is taken for every element.
struct BaseDistribution: Prior {
    static let name = "distribution"
    let distribution: any Distribution
    var heldValues: [Value] { distribution.heldValues }
    /// How many numbers a draw has; nil for a distribution over single numbers, which is taken for every element.
    let dimension: Int?
    private let shape: [Int]

    /// - Throws: ``Fault`` for a discrete distribution, and for draws without numbers.
    init(_ distribution: any Distribution) throws {
        if try unlessRefused({ try distribution.support.kind }) == .integers {
            throw Fault(
                "\(distribution.description) draws whole numbers; transforms change densities: a continuous base "
                    + "expected"
            )
        }
        self.distribution = distribution
        shape = distribution.batchShape + distribution.eventShape
        dimension = shape.isEmpty ? nil : try Shape.count(shape, for: "flow.Flow")
    }

    var isReparameterised: Bool { distribution.isReparameterised }

    /// What training changes: parameters of flows and transforms in the base, and tensors of other distributions that
    /// require gradients.
    var parameters: [(name: String, value: Variable)] {
        BaseDistribution.parts(of: distribution).flatMap { prefix, part -> [(name: String, value: Variable)] in
            switch part {
            case .flow(let flow): return flow.parameters.map { (prefix + $0.name, $0.value) }
            case .transform(let transform): return transform.parameters.map { (prefix + $0.name, $0.value) }
            case .numbers(let distribution):
                return distribution.parameters.filter { $0.value.requiresGrad && $0.value.isLeaf }
                    .map { (prefix + $0.name, $0.value) }
            }
        }
    }
    var buffers: [(name: String, value: Variable)] {
        BaseDistribution.parts(of: distribution).flatMap { prefix, part -> [(name: String, value: Variable)] in
            switch part {
            case .flow(let flow): return flow.buffers.map { (prefix + $0.name, $0.value) }
            case .transform(let transform): return transform.buffers.map { (prefix + $0.name, $0.value) }
            case .numbers: return []
            }
        }
    }
    var modules: [Module] {
        BaseDistribution.parts(of: distribution).flatMap { _, part -> [Module] in
            switch part {
            case .flow(let flow): return flow.modules
            case .transform(let transform): return transform.modules
            case .numbers: return []
            }
        }
    }

    /// A part of a distribution that has tensors of its own.
    private enum Part {
        case flow(Flow)
        case transform(any FlowTransform)
        case numbers(any Distribution)
    }

    /// The parts of a distribution; names of parts of inner distributions get a prefix.
    private static func parts(of distribution: any Distribution) -> [(prefix: String, part: Part)] {
        func inner(_ name: String, _ distribution: any Distribution) -> [(prefix: String, part: Part)] {
            parts(of: distribution).map { ("\(name).\($0.prefix)", $0.part) }
        }
        switch distribution {
        case let flow as FlowDistribution: return [("", .flow(flow.flow))]
        case let derived as Transformed:
            return inner("base", derived.base) + [("transform.", .transform(derived.transform))]
        case let mixture as Mixture:
            let components = mixture.components.enumerated().flatMap { inner("components.\($0)", $1) }
            return [("", .numbers(mixture))] + components
        default: return [("", .numbers(distribution))]
        }
    }

    func logProbability(_ x: Variable) throws -> Variable { try distribution.logProbability(x) }

    func logProbabilityOfRows(_ z: Variable) throws -> Variable {
        guard dimension != nil else { return try distribution.logProbability(z).sum([1]) }
        let rows = z.shape[0]
        let logs = try distribution.logProbability(z.reshape([rows] + shape))
        return logs.shape.count > 1 ? try logs.sum(Array(1..<logs.shape.count)) : logs
    }

    /// Draws of shape (rows, D), recorded on the tape.
    func draw(
        _ rows: Int, _ width: Int, _ dtype: DType, from generator: Generator, for operation: String
    ) throws -> Variable {
        let draws = try distribution.rsample(
            [rows] + (dimension == nil ? [width] : []), from: generator, for: operation)
        let wanted = draws.dtype.promoted(with: dtype)
        return try (draws.dtype == wanted ? draws : draws.converted(to: wanted)).flatRows()
    }

    func sample(_ shape: [Int], _ dtype: DType, from generator: Generator, for operation: String) throws -> Tensor {
        let rows = shape.first ?? 1
        let draws = try distribution.sample(dimension == nil ? shape : [rows], from: generator, for: operation)
        let wanted = draws.dtype.promoted(with: dtype)
        return try (draws.dtype == wanted ? draws : draws.cast(wanted)).reshape(shape)
    }
}
