import Autodiff
import Distributions
import Scripting
import Tensors

/// Any distribution as a flow's base: over single numbers, for every element, or over points of any shape; a flow, too.
struct BaseDistribution: Prior {
    static let name = "distribution"
    let distribution: any Distribution
    var heldValues: [Value] { distribution.heldValues }
    /// How many numbers a draw has; nil for a distribution of single numbers, which stands for every element.
    let dimension: Int?
    private let shape: [Int]

    /// - Throws: ``Fault`` for a distribution of discrete draws that says so, or of none.
    init(_ distribution: any Distribution) throws {
        if try unlessRefused({ try distribution.support.kind }) == .integers {
            throw Fault(
                "\(distribution.description) draws whole numbers; transforms change densities: a continuous base expected"
            )
        }
        self.distribution = distribution
        shape = distribution.batchShape + distribution.eventShape
        dimension = shape.isEmpty ? nil : try Shape.count(shape, for: "flow.Flow")
    }

    var isReparameterised: Bool { distribution.isReparameterised }

    /// What training changes of a flow; of other distributions the tensors that are leaves with a gradient.
    var parameters: [(name: String, value: Variable)] {
        if let flow = (distribution as? FlowDistribution)?.flow { return flow.parameters }
        return distribution.parameters.filter { $0.value.requiresGrad && $0.value.isLeaf }.map { ($0.name, $0.value) }
    }
    var buffers: [(name: String, value: Variable)] { (distribution as? FlowDistribution)?.flow.buffers ?? [] }

    func logProbability(_ x: Variable) throws -> Variable { try distribution.logProbability(x) }

    func logProbabilityOfRows(_ z: Variable) throws -> Variable {
        guard dimension != nil else { return try distribution.logProbability(z).sum([1]) }
        let rows = z.shape[0]
        let logs = try distribution.logProbability(z.reshape([rows] + shape))
        return logs.shape.count > 1 ? try logs.sum(Array(1..<logs.shape.count)) : logs
    }

    /// Draws (rows, D), recorded.
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
