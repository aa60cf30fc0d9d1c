import Autodiff
import Networks
import RealModule
import Scripting
import Tensors

/// A continuous flow: z = x(1), where dx/dt is the network's output from t = 0, x(0) = x; log |det| is the integral of
/// the divergence of that field. As zuko.flows.FFJTransform, with its names.
///
/// Chen et al., "Neural ordinary differential equations", NeurIPS 2018, theorem 1; Grathwohl et al., "FFJORD", ICLR
/// 2019, equation 6 for the estimated trace.
public final class ContinuousTransform: FlowTransform {
    /// How many numbers a point has.
    public let features: Int
    public let contextSize: Int?
    /// The network of the field: (rows, 2 freqs + features + context) -> (rows, features).
    public let ode: Module
    /// The frequencies pi, 2 pi, ... of the cosines and sines of t that the network gets.
    private let freqs: Variable
    /// Start and end time, of shape (2).
    private let times: Variable
    var solver: DormandPrince
    /// Whether the divergence is the exact trace of the Jacobian, or Hutchinson's estimate of it.
    let isExact: Bool
    private let generator: Generator

    init(
        features: Int, context: Int, ode: Module, freqs: Variable, times: Variable, solver: DormandPrince, exact: Bool,
        from generator: Generator
    ) {
        (self.features, self.ode, self.freqs, self.times) = (features, ode, freqs, times)
        (self.solver, isExact, self.generator) = (solver, exact, generator)
        contextSize = context > 0 ? context : nil
    }

    public var parameters: [(name: String, value: Variable)] { ode.parameters.map { ("ode.\($0.name)", $0.value) } }
    public var buffers: [(name: String, value: Variable)] {
        [("times", times), ("freqs", freqs)] + ode.buffers.map { ("ode.\($0.name)", $0.value) }
    }
    public var heldValues: [Value] { ode.heldValues }
    public var fixedDataShape: [Int]? { [features] }
    /// Errors of single steps add up; 100 tolerances leave room for some hundred steps.
    public var accuracy: MapAccuracy {
        MapAccuracy(tolerance: max(1e-6, 100 * max(solver.atol, solver.rtol)), isEstimate: !isExact)
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        guard event == [features] else { throw Fault("flow.CNF takes (\(features)), not \(Shape.describe(event))") }
        return event
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    private static let operation = "flow.CNF"

    /// The field at the time t; `time` is one number for all rows, or one for each, (rows, 1).
    func field(_ time: Variable, _ x: Variable, _ context: Variable?) throws -> Variable {
        let rows = x.shape[0]
        let angles = try time * freqs.converted(to: x.dtype.computing)
        let waves = try Variable.concatenate([angles.cos(), angles.sin()], 1)
        let told = try waves.shape[0] == rows ? waves : waves.expand([rows, waves.shape[1]])
        let input = try Variable.concatenate([told, x] + (context.map { [$0] } ?? []), 1)
        let slope = try ode(input)
        guard slope.shape == [rows, features] else {
            throw ScriptError(
                ContinuousTransform.operation,
                "the network makes \(Shape.describe(slope.shape)) of \(Shape.describe(input.shape)); (\(rows), "
                    + "\(features)) expected"
            )
        }
        return slope
    }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        try integrate(x, context, isForward: true)
    }
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        try integrate(z, context, isForward: false)
    }

    private func integrate(_ x: Variable, _ context: Variable?, isForward: Bool) throws -> (Variable, Variable) {
        let operation = ContinuousTransform.operation
        guard x.shape.count == 2, x.shape[1] == features else {
            throw ScriptError(operation, "x of shape \(Shape.describe(x.shape)): (rows, \(features)) expected")
        }
        if let contextSize, context?.shape != [x.shape[0], contextSize] {
            throw ScriptError(
                operation,
                "a context of shape \(context.map { Shape.describe($0.shape) } ?? "nil"); (\(x.shape[0]), "
                    + "\(contextSize)) expected"
            )
        }
        for (name, value) in parameters where try !value.value.isFinite() {
            let numbers = try value.value.cast(.float64).toArray()
            let place = numbers.firstIndex { !$0.isFinite } ?? 0
            throw ScriptError(operation, "the parameter \(name) holds \(shown(numbers[place])) at element \(place + 1)")
        }
        let context = contextSize == nil ? nil : context
        let dtype = parameters.reduce(x.dtype) { $0.promoted(with: $1.value.dtype) }.computing
        let x = x.dtype == dtype ? x : try x.converted(to: dtype)
        let ends = try times.value.toArray()
        guard ends.count == 2, ends[0] != ends[1] else {
            throw ScriptError(operation, "times \(ends.map { shown($0) }): two different ones expected")
        }
        let rows = x.shape[0]
        guard rows > 0 else { return (x, try Variable(Tensor.zeros([0], dtype))) }
        let seeds = try seeds(x)
        let start = [x, Variable(try Tensor.zeros([rows], dtype))]
        let result = try solver.integrate(
            { time, state in
                let (slope, divergence) = try self.slopes(
                    Variable(Tensor.full([1, 1], time, dtype)), state[0], context, seeds)
                return [slope, divergence]
            }, start, from: ends[isForward ? 0 : 1], to: ends[isForward ? 1 : 0], for: operation)
        return (result[0], result[1])
    }

    /// The directions in which the field is differentiated: for the exact trace every axis for every row, (features x
    /// rows, features); for the estimate one random direction for each row, the same at all times.
    private func seeds(_ x: Variable) throws -> Variable {
        let (rows, operation) = (x.shape[0], ContinuousTransform.operation)
        guard isExact else { return Variable(try generator.normals(x.shape, x.dtype, for: operation)) }
        // The zeros come first, so that the memory account is asked before anything is written.
        let axes = try Tensor.zeros([features, rows, features], x.dtype, for: operation)
        for axis in 0..<features {
            try axes.select(0, axis).select(1, axis).fill(1)
        }
        return Variable(try axes.reshape([features * rows, features]))
    }

    /// The field and its divergence, from one Jacobian-vector product.
    private func slopes(
        _ time: Variable, _ x: Variable, _ context: Variable?, _ seeds: Variable
    ) throws -> (Variable, Variable) {
        let rows = x.shape[0]
        let copies = seeds.shape[0] / rows
        func repeated(_ x: Variable) throws -> Variable {
            if copies == 1 { return x }
            return try x.reshape([1, rows, x.shape[1]]).expand([copies, rows, x.shape[1]]).reshape([
                copies * rows, x.shape[1],
            ])
        }
        let told = try context.map(repeated)
        let (values, product) = try Transform.vjp(
            of: { [try self.field(time, $0[0], told)] }, at: repeated(x), seeds, createGraph: GradMode.isEnabled,
            for: ContinuousTransform.operation)
        let diagonal = try (product * seeds).sum([1])
        return (
            try copies == 1 ? values : values.slice(0, 0, rows),
            try copies == 1 ? diagonal : diagonal.reshape([copies, rows]).sum([0])
        )
    }

    /// Lipman et al., "Flow matching for generative modeling", ICLR 2023, equations 21 to 23, in this flow's direction:
    /// the mean square of the field's distance from the straight way between data (t = 0) and noise (t = 1).
    func matchingLoss(
        _ x: Variable, noise: Variable, time: Variable, sigma: Double, context: Variable?
    ) throws -> Variable {
        let (spread, rest) = (try time * (1 - sigma) + sigma, try 1 - time)
        let point = try rest * x + spread * noise
        let velocity = try noise * (1 - sigma) - x
        let miss = try field(time, point, context) - velocity
        return try (miss * miss).mean()
    }
}
