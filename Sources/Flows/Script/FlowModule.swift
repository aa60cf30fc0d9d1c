import Autodiff
import Distributions
import Scripting
import Storage
import Tensors

/// The module `flow`: normalizing flows.
public struct FlowModule: ScriptModule {
    public init() {}

    public let name = "flow"
    public let summary = "Normalizing flows: exact log-densities in nats, latents, samples, and gradients of all of them."
    public var functions: [NativeFunction] { 
        [FlowFunctions.load, FlowFunctions.nice, FlowFunctions.flow, FlowFunctions.scaling, FlowFunctions.transform]
    }

    public var scripted: ScriptedConstructors? { FlowFunctions.registered }

    public var types: [TypeFace] {
        [
            TypeFace(
                Flow.type, "A normalizing flow: a bijection between data and noise of known law.", methods: FlowMethods.all,
                properties: [
                    NativeFunction("flow.dim", Documentation("m.dim -> integer", "The dimension D of the data.", example: "assert(flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}.dim == 4)")) {
                        .integer(try $0.flow().dimension)
                    }
                ],
                operators: [
                    .describe: NativeFunction("flow:tostring", Documentation("tostring(m) -> string", "The architecture and its size.", example: "print(flow.NICE{dim = 4, hidden = 3})")) { arguments in
                        let flow = try arguments.flow()
                        let count = flow.parameters.reduce(0) { $0 + $1.value.value.count }
                        guard count > 0 else { return .string("flow.\(flow.name)(dim \(flow.dimension), \(flow.transforms.count) transforms)") }
                        let stored = Set(flow.parameters.map { $0.value.dtype.rawValue }).sorted().joined(separator: " and ")
                        return .string("flow.\(flow.name)(dim \(flow.dimension), \(flow.transforms.count) transforms, \(count) parameters in \(stored))")
                    }
                ]),
            TransformObject.face,
        ]
    }
}

enum FlowFunctions {
    static let load = NativeFunction(
        "flow.load",
        Documentation(
            "flow.load(path) -> flow",
            "The flow in a .pt, .safetensors or .npz file. The architecture (dimension, units, layers, couplings) is read from the parameters' names and shapes; a .pt may nest them under a name such as model_state_dict, wrappers may have put theirs before all of them (module., _orig_mod.), and tensors beside them are left aside. The prior is in what m:save wrote; where a file does not say it, as a plain state dict of PyTorch's or checkpoint.save's does not, it is the standard logistic law. The parameters do not require gradients until m:requires_grad_(true), or an optimiser is made of them.",
            errors: "a file that is missing, truncated, foreign or hostile; parameters that are missing, unexpected or do not fit",
            source: "names of the problem sheet's PyTorch model",
            example: "local m = flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}\nlocal path = os.tmpname() .. \".safetensors\"\nm:save(path)\nassert(flow.load(path).dim == 4)\nos.remove(path)")
    ) { arguments in
        try arguments.atMost(1)
        return .object(try Flow.load(arguments.bytes(1, "path"), for: arguments.function))
    }

    static let nice = NativeFunction(
        "flow.NICE",
        Documentation(
            "flow.NICE{dim = 784, hidden = 1000, layers = 5, couplings = 4, prior = \"logistic\" or \"normal\", generator} -> flow",
            "A NICE of an even dim with PyTorch's initial values, ready to train: additive couplings on even and odd positions in turn, each with `layers` hidden layers of `hidden` ReLU units, then a diagonal scaling. prior is \"logistic\" or \"normal\".",
            errors: "an odd dim; a size below 1; an unknown prior or option", source: "Dinh, Krueger, Bengio: NICE, ICLR workshop 2015",
            example: "local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}\nassert(m:log_prob(tensor.zeros(3, 4)).shape[1] == 3)")
    ) { arguments in
        try arguments.atMost(1)
        let options = try arguments.options(1, ["dim", "hidden", "layers", "couplings", "prior", "generator"])
        let prior = try options.choice("prior", [StandardLogistic.name, StandardNormal.name], default: StandardLogistic.name)
        return .object(
            try NICE.make(
                dimension: options.integer("dim", default: 784), hidden: options.integer("hidden", default: 1000),
                layers: options.integer("layers", default: 5), couplings: options.integer("couplings", default: 4),
                prior: prior == StandardNormal.name ? StandardNormal() : StandardLogistic(), from: arguments.generator(options),
                for: arguments.function))
    }
}

extension Arguments {
    func flow() throws -> Flow { try object(1, "self", as: Flow.self, "flow") }
}
