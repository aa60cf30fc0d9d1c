import Autodiff
import Scripting
import Storage
import Tensors

/// `m:name(...)`.
enum FlowMethods {
    static let all = [logProb, toLatent, toData, sample, parameters, namedParameters, requiresGrad, stateDict, loadStateDict, half, save, check]

    private static let small = "local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}\n"
    private static let shapes = "x is (D), (H, W), (B, D) or (B, H, W)"
    private static let shapeErrors = "a shape that does not have D numbers per row"

    private static func method(
        _ name: String, _ signature: String, _ summary: String, errors: String? = nil, source: String? = nil, most: Int = 2, example: String,
        body: @escaping @Sendable (Arguments, Flow) throws -> [Value]
    ) -> NativeFunction {
        NativeFunction("flow:\(name)", Documentation(signature, summary, errors: errors, source: source, example: small + example)) {
            try $0.atMost(most)
            return try body($0, $0.flow())
        }
    }

    private static func batch(_ arguments: Arguments, _ flow: Flow, _ name: String) throws -> Batch {
        try Batch(arguments.variable(2, name), dimension: flow.dimension, for: arguments.function)
    }

    private static let logProb = method(
        "log_prob", "m:log_prob(x) -> tensor", "log p(x) in nats; \(shapes). One number per batch row, a 0-d tensor without a batch. Differentiable.",
        errors: shapeErrors, source: "change of variables; Dinh, Krueger, Bengio 2015, equation 1",
        example: "assert(m:log_prob(tensor.zeros(4)):dim() == 0 and #m:log_prob(tensor.zeros(3, 4)) == 3)"
    ) { arguments, flow in
        let x = try batch(arguments, flow, "x")
        return [try x.perRow(flow.logProbability(x.rows))]
    }

    private static let toLatent = method(
        "to_latent", "m:to_latent(x) -> z: tensor, log_det: tensor", "Data to noise: z in x's shape, and log |det dz/dx| per row, in nats; \(shapes).", errors: shapeErrors,
        source: "Papamakarios et al. 2021 (Normalizing Flows for Probabilistic Modeling and Inference), section 2",
        example: "local z, log_det = m:to_latent(tensor.zeros(3, 4))\nassert(z.shape[2] == 4 and #log_det == 3)"
    ) { arguments, flow in
        let x = try batch(arguments, flow, "x")
        let (z, logDeterminant) = try flow.toLatent(x.rows)
        return [try x.likeInput(z), try x.perRow(logDeterminant)]
    }

    private static let toData = method(
        "to_data", "m:to_data(z) -> x: tensor, log_det: tensor", "Noise to data: x in z's shape, and log |det dx/dz| per row, in nats.", errors: shapeErrors,
        source: "Papamakarios et al. 2021 (Normalizing Flows for Probabilistic Modeling and Inference), section 2",
        example: "local x = tensor({{1, 2, 3, 4}})\nlocal back = m:to_data((m:to_latent(x)))\nassert((back - x):abs():max():item() < 1e-4)"
    ) { arguments, flow in
        let z = try batch(arguments, flow, "z")
        let (x, logDeterminant) = try flow.toData(z.rows)
        return [try z.likeInput(x), try z.perRow(logDeterminant)]
    }

    private static let sample = method(
        "sample", "m:sample(n, {generator}) -> tensor", "n draws from the model, (n, D).", errors: "n that is negative or not whole",
        most: 3, example: "assert(m:sample(5).shape[1] == 5)"
    ) { arguments, flow in
        let count = try arguments.integer(2, "n", in: 0...Int.max)
        let generator = try arguments.generator(arguments.options(3, ["generator"]))
        return [.object(try flow.sample(count, from: generator, for: arguments.function))]
    }

    private static let parameters = method(
        "parameters", "m:parameters() -> {tensor, ...}", "What training changes: the weights, biases and scales themselves, for an optimiser.",
        most: 1, example: "assert(#m:parameters() == 4 * 3 * 2 + 1)"
    ) { _, flow in [.list(flow.parameters.map { .object($0.value) })] }

    private static let namedParameters = method(
        "named_parameters", "m:named_parameters() -> {name = tensor, ...}", "The parameters by their names in a file.",
        most: 1, example: "assert(m:named_parameters()[\"scaling.scale\"].shape[2] == 4)"
    ) { _, flow in [.record(flow.parameters.map { (key: $0.name, value: .object($0.value)) })] }

    private static let requiresGrad = method(
        "requires_grad_", "m:requires_grad_(flag = true) -> m", "Makes all parameters leaves that gradients accumulate in (true, the default), or stops them.",
        errors: "float16 parameters, which are for evaluating: load a float32 file to train", example: "m:requires_grad_(false)\nassert(not m:parameters()[1].requires_grad)"
    ) { arguments, flow in
        let flag = try arguments.boolean(2, "flag", default: true)
        if flag, let half = flow.parameters.first(where: { $0.value.dtype == .float16 }) {
            throw arguments.error("\(half.name) is stored in float16, which is for evaluating; train from a float32 file")
        }
        for (_, parameter) in flow.parameters { try parameter.setRequiresGrad(flag, for: arguments.function) }
        return [.object(flow)]
    }

    private static let stateDict = method(
        "state_dict", "m:state_dict() -> {name = tensor, ...}", "The parameters by name, sharing memory with the model, without history.", source: "torch.nn.Module.state_dict",
        most: 1, example: "assert(m:state_dict()[\"scaling.scale\"].shape[1] == 1)"
    ) { _, flow in [.record(flow.parameters.map { (key: $0.name, value: .object($0.value.detached())) })] }

    private static let loadStateDict = NativeFunction(
        "flow:load_state_dict",
        Documentation(
            "m:load_state_dict({name = tensor, ...}) -> m",
            """
            Writes the given tensors over the parameters. What checkpoint.load returns behind the tensors may follow: \
            m:load_state_dict(checkpoint.load(path)).
            """,
            errors: "a name that is missing or unknown; another shape", source: "torch.nn.Module.load_state_dict",
            example: small + """
                local path = os.tmpname() .. ".safetensors"
                flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}:save(path)
                m:load_state_dict(checkpoint.load(path))
                os.remove(path)
                """)
    ) { arguments in
        try arguments.atMostBeforeTexts(2)
        let flow = try arguments.flow()
        let entries = try arguments.table(2, "state").entries()
        var given: [ByteString: Tensor] = [:]
        for (key, value) in entries {
            guard case .string(let name) = key, case .object(let object) = value, let variable = object as? Variable else {
                throw arguments.error("a table from names to tensors expected, got \(key.shown) = \(value.shown)")
            }
            given[name] = variable.value
        }
        let names = flow.parameters.map(\.name)
        let known = Set(names.map { ByteString($0) })
        if let unknown = given.keys.filter({ !known.contains($0) }).min() {
            throw arguments.error("the flow has no parameter \(unknown)" + suggestion(for: unknown.text, among: names))
        }
        for (name, parameter) in flow.parameters {
            guard let tensor = given[ByteString(name)] else { throw arguments.error("the parameter \(name) is missing") }
            guard tensor.shape == parameter.shape else {
                throw arguments.error("\(name) has shape \(Shape.describe(tensor.shape)); \(Shape.describe(parameter.shape)) expected")
            }
        }
        // Nothing is written before everything was checked.
        for (name, parameter) in flow.parameters { if let tensor = given[ByteString(name)] { try parameter.value.write(tensor) } }
        return [.object(flow)]
    }

    private static let half = method(
        "half", "m:half() -> flow", "A copy with float16 weights (scales and biases stay float32): half the memory, quicker on single images, for evaluating only.", source: "torch.nn.Module.half",
        example: "assert(m:half():parameters()[1].dtype == \"float16\")"
    ) { arguments, flow in
        guard NICE.recognises(flow.parameters.map(\.name)) else { throw arguments.error("only a NICE has half weights, not a flow.\(flow.name)") }
        let entries = try flow.parameters.map { name, parameter in
            (name: name, tensor: name.hasSuffix(".weight") ? try parameter.value.cast(.float16) : try parameter.value.copy())
        }
        return [.object(try NICE.read(StateDict(entries, metadata: flow.metadata), for: arguments.function))]
    }

    private static let save = method(
        "save", "m:save(path)", "Writes the parameters to a .safetensors, .npz or other file that checkpoint.save knows; the file is whole or untouched.",
        errors: "an unknown extension; a folder that cannot be written", example: "local path = os.tmpname() .. \".safetensors\"\nm:save(path)\nassert(flow.load(path).dim == 4)\nos.remove(path)"
    ) { arguments, flow in
        try arguments.atMost(2)
        try flow.save(arguments.bytes(2, "path"), for: arguments.function)
        return []
    }

    private static let check = method(
        "check", "m:check(x) -> {round_trip = number, log_det_sum = number, log_det_dense = number or nil}",
        "Checks the flow at x: that to_data undoes to_latent, that the two log-determinants cancel, and, for D up to 64, that the log-determinant is that of the dense Jacobian. Computed in float64. Returns the largest errors (log_det_dense is nil for larger D).",
        errors: "an error above 1e-6 (relative): the message says which law and row", example: "assert(m:check(tensor.ones(2, 4)).round_trip < 1e-6)"
    ) { arguments, flow in
        let x = try batch(arguments, flow, "x")
        return [try FlowCheck(flow: flow, operation: arguments.function).report(x.rows)]
    }
}
