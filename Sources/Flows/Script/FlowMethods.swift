import Autodiff
import Files
import Networks
import RealModule
import Scripting
import Tensors

/// The methods of a flow, `m:name(...)`.
enum FlowMethods {
    static let all = [
        logProb, toLatent, toData, sample, rsample, support, bitsPerDim, parameters, namedParameters, requiresGrad,
        stateDict, loadStateDict, half, save, check, initialize, matchingLoss, train, eval,
    ]

    private static let small = "local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}\n"
    private static let shapes = "(D), (H, W), (B, D) or (B, H, W); images too: (C, H, W), (B, C, H, W)"
    private static let context = Parameter<Variable?>.argument(
        "context", .optional(.tensor), default: nil, "(C) or (B, C): what a conditional flow is told")
    private static let shapeErrors = "a shape that does not have D numbers per row"
    private static let review = """
        Papamakarios et al. 2021 (Normalizing Flows for Probabilistic Modeling and Inference), section 2
        """

    private static let logProb = Declaration(
        "flow:log_prob", "log p(x) in nats: one number per batch row, a 0-d tensor without a batch. Differentiable.",
        called: .method, takes: .argument("m", .flow), .argument("x", .tensor, shapes), context, returns: .tensor,
        errors: shapeErrors, source: "change of variables; Dinh, Krueger, Bengio 2015, equation 1",
        example: small + "assert(m:log_prob(tensor.zeros(4)):dim() == 0 and #m:log_prob(tensor.zeros(3, 4)) == 3)"
    ) { flow, x, context in
        let x = try Batch(x, "x", event: flow.event)
        return try x.perRow(flow.logProbability(x.rows, context: context))
    }

    private static let toLatent = Declaration(
        "flow:to_latent",
        "Data to noise: z in x's shape (with flow.Split, one vector), and log |det dz/dx| per row, in nats.",
        called: .method, takes: .argument("m", .flow), .argument("x", .tensor, shapes), context,
        returns: .tensors("z", "log_det"), errors: shapeErrors, source: review,
        example: small + """
            local z, log_det = m:to_latent(tensor.zeros(3, 4))
            assert(z.shape[2] == 4 and #log_det == 3)
            """
    ) { flow, x, context in
        let x = try Batch(x, "x", event: flow.event)
        let (z, logDeterminant) = try flow.toLatent(x.rows, context: context)
        return (try x.likeInput(z), try x.perRow(logDeterminant))
    }

    private static let toData = Declaration(
        "flow:to_data", "Noise to data: x in z's shape, and log |det dx/dz| per row, in nats.",
        called: .method, takes: .argument("m", .flow), .argument("z", .tensor, shapes), context,
        returns: .tensors("x", "log_det"), errors: shapeErrors, source: review,
        example: small + """
            local x = tensor({{1, 2, 3, 4}})
            local back = m:to_data((m:to_latent(x)))
            assert((back - x):abs():max():item() < 1e-4)
            """
    ) { flow, z, context in
        let z = try Batch(z, "z", event: flow.latentShape())
        let (x, logDeterminant) = try flow.toData(z.rows, context: context)
        return (try z.likeInput(x), try z.perRow(logDeterminant))
    }

    /// Arguments of draws: how many, the context, the generator.
    private static let count = Parameter<[Int]>.argument("n", .shape, "how many, or {n, ...}")

    private static let sample = Declaration(
        "flow:sample",
        """
        n draws from the model, (n, D), or (n, C, H, W) of images; {n, ...} gives (n, ..., D). For a context of shape \
        (B, C) as many draws for each of its rows, (n, ..., B, D). Not recorded; m:rsample is.
        """,
        called: .method, takes: .argument("m", .flow), count, context, .generator,
        returns: .tensor, errors: "a context of another size, or for a flow that takes none",
        source: "torch.distributions.Distribution.sample",
        example: small + "assert(m:sample(5).shape[1] == 5 and m:sample({2, 3}).shape[3] == 4)", see: ["flow:rsample"]
    ) { flow, shape, context, generator in try flow.sample(shape, context: context, from: generator) }

    private static let rsample = Declaration(
        "flow:rsample", "The draws of m:sample as functions of the parameters, with gradients.",
        called: .method, takes: .argument("m", .flow), count, context, .generator,
        returns: .tensor, errors: "a context of another size, or for a flow that takes none",
        source: "torch.distributions.Distribution.rsample",
        example: small + """
            m:rsample(5):sum():backward()
            assert(m:named_parameters()["scaling.scale"].grad)
            """,
        see: ["flow:sample"]
    ) { flow, shape, context, generator in
        try flow.rsample(shape, context: context, from: generator)
    }

    private static let support = Declaration(
        "flow:support",
        """
        Where draws lie, as d:support() says it of distributions: "real", or another kind with its ends for a flow \
        whose first transform says so, as flow.Logit does.
        """,
        called: .method, takes: .argument("m", .flow),
        returns: .values(ResultSpec("kind", .string), ResultSpec("low", .number), ResultSpec("high", .number)),
        errors: "a first transform in Lua; a base that is not on the whole line", source: "torch.distributions",
        example: small + "assert(m:support() == \"real\")", see: ["distribution:support"]
    ) { flow in
        let support = try FlowDistribution(flow).support
        return try [.string(ByteString(support.kind.rawValue))]
            + [support.low, support.high].map { .number(try $0.value.item()) }
    }

    private static let bitsPerDim = Declaration(
        "flow:bits_per_dim",
        """
        -log2 p(k) / D for data of whole levels k that was made continuous as x = (k + u) / levels, one number per \
        row: log2(levels) - nats / (D ln 2).
        """,
        called: .method, takes: .argument("m", .flow), .argument("x", .tensor, shapes), context,
        .option("levels", .integer(from: 1), default: 256), returns: .tensor, errors: shapeErrors,
        source: "Theis, van den Oord, Bethge, ICLR 2016, section 3.1",
        example: small + """
            local x = tensor.zeros(3, 4)
            local expected = 8 - m:log_prob(x) / (4 * math.log(2))
            assert((m:bits_per_dim(x) - expected):abs():max():item() < 1e-5)
            """
    ) { flow, x, context, levels in
        let x = try Batch(x, "x", event: flow.event)
        let nats = try flow.logProbability(x.rows, context: context)
        return try x.perRow(Double.log2(Double(levels)) - nats / (Double(flow.dimension) * Double.log(2)))
    }

    private static let check = Declaration(
        "flow:check",
        """
        Checks the flow at x, in float64: that to_data undoes to_latent, that the two log-determinants cancel, and, \
        for D up to 64, that the log-determinant is that of the dense Jacobian. Returns the largest errors \
        (log_det_dense is nil for larger D, both log-determinants' for an estimated trace).
        """,
        called: .method, takes: .argument("m", .flow), .argument("x", .tensor, shapes), context, .operation,
        returns: .value(.flowCheck),
        errors: """
            an error above 1e-6 (relative; of a CNF, above 100 times its tolerances): the message says what does not \
            hold, and where
            """,
        example: small + "assert(m:check(tensor.ones(2, 4)).round_trip < 1e-6)"
    ) { flow, x, context, operation in
        try FlowCheck(flow: flow, operation: operation).report(Batch(x, "x", event: flow.event).rows, context: context)
    }

    static let dimension = Declaration(
        "flow.dim", "The dimension D of the data.",
        called: .property, takes: .argument("m", .flow), returns: .integer,
        example: "assert(flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}.dim == 4)"
    ) { $0.dimension }

    static let describe = Declaration(
        "flow:tostring", "The architecture and its size.",
        called: .symbol("tostring(m)"), takes: .argument("m", .flow), returns: .string,
        example: "print(flow.NICE{dim = 4, hidden = 3})"
    ) { flow in
        let parts = "dim \(flow.dimension), \(flow.transforms.count) transforms"
        let count = flow.parameters.reduce(0) { $0 + $1.value.value.count }
        guard count > 0 else { return "flow.\(flow.name)(\(parts))" }
        let stored = Set(flow.parameters.map { $0.value.dtype.rawValue }).sorted().joined(separator: " and ")
        return "flow.\(flow.name)(\(parts), \(count) parameters in \(stored))"
    }
}

// MARK: Parameters

extension FlowMethods {
    private static let parameters = Declaration(
        "flow:parameters", "What training changes: the weights, biases and scales themselves, for an optimiser.",
        called: .method, takes: .argument("m", .flow), returns: .tensors,
        example: small + "assert(#m:parameters() == 4 * 3 * 2 + 1)"
    ) { $0.parameters.map(\.value) }

    private static let namedParameters = Declaration(
        "flow:named_parameters", "The parameters by their names in a file.",
        called: .method, takes: .argument("m", .flow), returns: .namedTensors,
        example: small + "assert(m:named_parameters()[\"scaling.scale\"].shape[2] == 4)"
    ) { $0.parameters }

    private static let requiresGrad = Declaration(
        "flow:requires_grad_", "Makes all parameters leaves that gradients accumulate in, or stops them. Returns m.",
        called: .method, takes: .argument("m", .flow), .argument("flag", .flag, default: true), .operation,
        returns: .object(Flow.type),
        errors: "float16 parameters, which are for evaluating: load a float32 file to train",
        example: small + "m:requires_grad_(false)\nassert(not m:parameters()[1].requires_grad)"
    ) { flow, flag, operation in
        if flag, let half = flow.parameters.first(where: { $0.value.dtype == .float16 }) {
            throw Fault("\(half.name) is stored in float16, which is for evaluating; train from a float32 file")
        }
        for (_, parameter) in flow.parameters { try parameter.setRequiresGrad(flag, for: operation) }
        return flow
    }

    private static let stateDict = Declaration(
        "flow:state_dict", "Parameters, masks and orders by name, sharing memory with the model, without history.",
        called: .method, takes: .argument("m", .flow), returns: .namedTensors, source: "torch.nn.Module.state_dict",
        example: small + "assert(m:state_dict()[\"scaling.scale\"].shape[1] == 1)"
    ) { flow in (flow.parameters + flow.buffers).map { (name: $0.name, value: $0.value.detached()) } }

    private static let loadStateDict = Declaration(
        "flow:load_state_dict",
        """
        Writes the given tensors over the parameters, and returns m. What checkpoint.load returns behind the tensors \
        may follow: m:load_state_dict(checkpoint.load(path)).
        """,
        called: .method,
        takes: .argument("m", .flow), .argument("state", .namedTensors, "all of m's, in their shapes"),
        .rest("", .texts, "not looked at"), returns: .object(Flow.type),
        errors: "a name that is missing or unknown; another shape", source: "torch.nn.Module.load_state_dict",
        example: small + """
            local path = os.tmpname() .. ".safetensors"
            flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}:save(path)
            m:load_state_dict(checkpoint.load(path))
            os.remove(path)
            """,
        see: ["flow:state_dict"]
    ) { flow, state, _ in
        let buffers = flow.buffers
        for (name, value) in state {
            guard let own = buffers.first(where: { ByteString($0.name) == name }) else { continue }
            guard try own.value.shape == value.shape && own.value.value.toArray() == value.value.toArray() else {
                throw Fault("\(name) is another: flow.load makes the model that a file is of")
            }
        }
        let kept = Set(buffers.map { ByteString($0.name) })
        try NamedState.write(state.filter { !kept.contains($0.name) }, over: flow.parameters, of: "the flow")
        return flow
    }

    private static let half = Declaration(
        "flow:half",
        """
        A copy with float16 weights (scales and biases stay float32): half the memory, quicker on single images, for \
        evaluating only.
        """,
        called: .method, takes: .argument("m", .flow), .operation, returns: .object(Flow.type),
        errors: "a flow that is no NICE", source: "torch.nn.Module.half",
        example: small + "assert(m:half():parameters()[1].dtype == \"float16\")"
    ) { flow, operation in
        guard NICE.recognises(flow.parameters.map(\.name)) else {
            throw Fault("only a NICE has half weights, not a flow.\(flow.name)")
        }
        let entries = try flow.parameters.map { name, parameter in
            let isWeight = name.hasSuffix(".weight")
            return (name: name, tensor: isWeight ? try parameter.value.cast(.float16) : try parameter.value.copy())
        }
        return try NICE.read(StateDict(entries, metadata: flow.metadata), for: operation)
    }

    private static let save = Declaration(
        "flow:save",
        """
        Writes the flow to a file, which is whole or untouched: the parameters, and how flow.load makes its parts again.
        """,
        called: .method,
        takes: .argument("m", .flow),
        .argument("path", .bytes, "of a .safetensors, .npz or other file that checkpoint.save knows"), .operation,
        returns: .nothing,
        errors: """
            an unknown extension; a folder that cannot be written; a transform or module of a script's own without a \
            name
            """,
        example: small + """
            local path = os.tmpname() .. ".safetensors"
            m:save(path)
            assert(flow.load(path).dim == 4)
            os.remove(path)
            """,
        see: ["flow.load", "checkpoint.save"]
    ) { flow, path, operation in try flow.save(path, for: operation) }
}
