import Autodiff
import Scripting
import Tensors

/// A kernel as a script object.
final class KernelObject: ScriptObject {
    static let type = ObjectType("kernel")
    let kernel: any ChainKernel
    init(_ kernel: any ChainKernel) { self.kernel = kernel }
    var scriptType: ObjectType { KernelObject.type }

    static let binding = TypeBinding(
        type, "How chains move: what mcmc.sample runs, and a loop of one's own step by step.",
        methods: [initialize, step].map { NativeFunction($0) }, properties: [NativeFunction(name)],
        operators: [.describe: NativeFunction(describe)])

    private static let receiver = Parameter<any ChainKernel>.argument("kernel", .kernel)

    private static let name = Declaration(
        "kernel.name", "The kernel's name.", called: .property, takes: receiver, returns: .string,
        example: "assert(mcmc.NUTS{}.name == \"NUTS\")"
    ) { Swift.type(of: $0).name }

    private static let describe = Declaration(
        "kernel:tostring", "The kernel with its options.", called: .symbol("tostring(kernel)"), takes: receiver,
        returns: .string,
        example: "assert(tostring(mcmc.MALA{step_size = 0.5}) == \"mcmc.MALA{step_size = 0.5}\")"
    ) { $0.description }

    private static let initialize = Declaration(
        "kernel:init",
        """
        The state of chains at x: a table of tensors, x (chains, ...), position (in unconstrained space), log_prob, \
        target (log_prob and the log-determinant) and, for kernels that use it, gradient. With kernel:step a loop of \
        one's own, which host.steps can pause; mcmc.sample does the rest (warm-up, draws, diagnostics).
        """,
        called: .method, takes: receiver, .argument("x", .plainTensor, "(chains, ...)"),
        .argument("log_prob", .density, "as in mcmc.sample"),
        .option("support", .optional(.support), "as in mcmc.sample"), .operation,
        returns: .value(.map(.object(Variable.type.name)), "state"),
        source: "blackjax: init(position)",
        example: """
            local k = mcmc.RandomWalk{scale = 0.5}
            local state = k:init(tensor.zeros(4), distribution.Normal(0, 1))
            assert(#state.log_prob == 4)
            """,
        see: ["kernel:step"]
    ) { kernel, x, density, support, operation in
        let (_, target, position) = try Chains.prepare(kernel, density, x, support?.map, for: operation)
        return .record(try ChainTable.write(try target.start(position), target))
    }

    private static let step = Declaration(
        "kernel:step",
        """
        One step of all chains: the next state, and what the step says: acceptance (a probability per chain) and \
        divergent (bool per chain). The state that was given is left alone. Every chain has its own random numbers.
        """,
        called: .method, takes: receiver, .argument("state", .table, "what kernel:init or kernel:step returned"),
        .argument("log_prob", .density, "the same as in kernel:init"),
        .option("support", .optional(.support), "the same as in kernel:init"), .generator, .operation,
        returns: .values(
            ResultSpec("state", .map(.object(Variable.type.name))),
            ResultSpec("info", .map(.object(Variable.type.name)))),
        errors: "a kernel without a step_size: mcmc.sample finds one, in its warm-up",
        source: "blackjax: step(rng_key, state)",
        example: """
            local k, log_prob = mcmc.HMC{step_size = 0.3, leapfrog_steps = 5}, distribution.Normal(0, 1)
            local g = random.generator(1)
            local state = k:init(tensor.zeros(50), log_prob)
            for _ = 1, 40 do state = k:step(state, log_prob, {generator = g}) end
            assert(math.abs(state.x:mean():item()) < 0.6 and math.abs(state.x:var():item() - 1) < 0.8)
            """,
        see: ["kernel:init", "host.steps"]
    ) { kernel, state, density, support, generator, operation in
        guard let size = kernel.tuning.stepSize else {
            throw Fault("\(kernel.description) has no step size; mcmc.sample finds one in its warm-up")
        }
        guard case .object(let object as Variable) = try state.value(for: "x") else {
            throw Fault("state", "the table that kernel:init returned expected, got one without x")
        }
        let (prepared, target, position) = try Chains.prepare(
            kernel, density, object.value, support?.map, for: operation)
        let points = try ChainTable.read(state, target) ?? (try target.start(position))
        let streams = ChainStreams(key: generator.next64(), chains: target.chains)
        streams.begin(step: 0)
        target.place = "in the step"
        let metric = try kernel.tuning.metric(target.width)
        let move = try prepared.step(points, by: size, metric, target, streams)
        let divergent = try Tensor(move.isDivergent.map { $0 ? 1 : 0 }, shape: [target.chains], .bool)
        return [
            .record(try ChainTable.write(move.points, target)),
            .record([
                (key: "acceptance", value: .tensor(try Tensor(move.acceptance, shape: [target.chains], .float64))),
                (key: "divergent", value: .tensor(divergent)),
            ]),
        ]
    }
}

/// Conversion between points and the tables that scripts see.
enum ChainTable {
    static func write(_ points: Points, _ target: Target) throws -> [(key: String, value: Value)] {
        var fields: [(key: String, value: Value)] = [
            (key: "x", value: .tensor(try target.constrained(points.position))),
            (
                key: "position",
                value: .tensor(try Tensor(points.position.values, shape: [target.chains, target.width], .float64))
            ),
            (key: "log_prob", value: .tensor(try Tensor(points.logProb, shape: [target.chains], .float64))),
            (key: "target", value: .tensor(try Tensor(points.target, shape: [target.chains], .float64))),
        ]
        if target.usesGradient {
            let gradient = try Tensor(points.gradient.values, shape: [target.chains, target.width], .float64)
            fields.append((key: "gradient", value: .tensor(gradient)))
        }
        return fields
    }

    /// Nil when x was changed by the script and the other fields no longer belong to it.
    static func read(_ table: any ScriptTable, _ target: Target) throws -> Points? {
        func numbers(_ name: String, _ shape: [Int]) throws -> [Double]? {
            guard case .object(let object as Variable) = try table.value(for: name), object.shape == shape else {
                return nil
            }
            return try object.value.toArray()
        }
        let chains = target.chains
        guard let position = try numbers("position", [chains, target.width]),
            let logProb = try numbers("log_prob", [chains]), let own = try numbers("target", [chains])
        else { return nil }
        // Values that no run can go on from are computed again from x.
        guard own.allSatisfy(\.isFinite), !logProb.contains(where: \.isNaN) else { return nil }
        let gradient = target.usesGradient ? try numbers("gradient", [chains, target.width]) : []
        guard let gradient else { return nil }
        let rows = try Rows(position, count: chains, width: target.width)
        guard try numbers("x", [chains] + target.shape) == target.constrained(rows).toArray() else { return nil }
        return try Points(
            position: rows, logProb: logProb, target: own,
            gradient: Rows(gradient, count: chains, width: target.usesGradient ? target.width : 0))
    }
}

/// What `mcmc.sample` and a kernel's `step` have in common.
enum Chains {
    /// The kernel prepared for this target, the target, and x in unconstrained space.
    static func prepare(
        _ kernel: any ChainKernel, _ density: DensityArgument, _ x: Tensor, _ support: (any Bijection)?,
        ranks: any Communicator = SingleProcess(), for operation: String
    ) throws -> (kernel: any ChainKernel, target: Target, position: Rows) {
        guard x.rank >= 1, x.shape[0] >= 1 else {
            throw Fault("x0", "shape (chains, ...) with a chain at least expected, got \(Shape.describe(x.shape))")
        }
        guard x.count > 0 else { throw Fault("x0", "points without numbers, shape \(Shape.describe(x.shape))") }
        var map = support
        if map == nil, case .distribution(let distribution) = density, !(kernel is EllipticalSlice) {
            map = try Supports.map(of: distribution)
        }
        let support = map ?? Unbounded()
        let dtype: DType = x.dtype == .float64 ? .float64 : .float32
        let position = try support.unconstrain(x, "x0")
        let target = Target(
            { try density.values($0, "log_prob") }, from: position, shape: Array(x.shape.dropFirst()), dtype: dtype,
            support: support, usesGradient: kernel.usesGradient, ranks: ranks, for: operation)
        return (try kernel.prepared(for: target), target, position)
    }
}
