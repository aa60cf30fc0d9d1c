import Autodiff
import Distributions
import Scripting
import Tensors

/// The module `flow`: normalizing flows.
public struct FlowModule: ScriptModule {
    private let added: [Declaration]
    /// The constructors of the catalogue's transforms, and of those that were passed along.
    private var constructors: [Declaration] { Catalogue.transforms.map { $0.declaration } + added }

    /// - Parameter transforms: more transforms beside the catalogue's.
    public init(adding transforms: [any CataloguedTransform.Type] = []) {
        added = transforms.map { $0.declaration }
    }

    public let name = "flow"
    public let summary = """
        Normalizing flows: exact log-densities in nats, latents, samples, and gradients of all of them.
        """
    public var functions: [NativeFunction] {
        let transforms = constructors + FlowFunctions.couplings + [FlowFunctions.transform]
        return (FlowFunctions.flows + FlowFunctions.univariate + transforms).map { NativeFunction($0) }
    }
    public var scripted: ScriptedConstructors? { FlowFunctions.registered }

    public var types: [TypeFace] {
        [
            TypeFace(
                Flow.type, "A normalizing flow: a bijection between data and noise of known distribution.",
                methods: FlowMethods.all.map { NativeFunction($0) },
                properties: [NativeFunction(FlowMethods.dimension)],
                operators: [.describe: NativeFunction(FlowMethods.describe)]),
            TransformObject.face,
        ]
    }
}

enum FlowFunctions {
    static let flows = [load, nice, flow]

    private static let load = Declaration(
        "flow.load",
        """
        The flow in a file. The architecture (dimension, units, layers, couplings) is read from the parameters' \
        names and shapes; a .pt may nest them under a name such as model_state_dict, wrappers may have put theirs \
        before all of them (module., _orig_mod.), and tensors beside them are left aside. The prior is in what \
        m:save wrote; where a file does not say it, as a plain state dict of PyTorch's or checkpoint.save's does \
        not, it is the standard logistic distribution. The parameters do not require gradients until \
        m:requires_grad_(true), or an optimiser is made of them.
        """,
        takes: .argument("path", .bytes, "of a .pt, .safetensors or .npz file"), .operation,
        returns: .object(Flow.type),
        errors: """
            a file that is missing, truncated, foreign or hostile; parameters that are missing, unexpected or do not fit
            """,
        source: "names of the problem sheet's PyTorch model",
        example: """
            local m = flow.NICE{dim = 4, hidden = 3, layers = 1, couplings = 2}
            local path = os.tmpname() .. ".safetensors"
            m:save(path)
            assert(flow.load(path).dim == 4)
            os.remove(path)
            """,
        see: ["flow:save", "checkpoint.load"]
    ) { path, operation in try Flow.load(path, for: operation) }

    private static let nice = Declaration(
        "flow.NICE",
        """
        A NICE with PyTorch's initial values, ready to train: additive couplings on even and odd positions in turn, \
        each with hidden layers of ReLU units, then a diagonal scaling.
        """,
        by: .table,
        takes: .option("dim", .size(from: 2), default: 784, "of the data; even, as couplings halve it"),
        .option("hidden", .size(from: 1), default: 1000, "units of every hidden layer"),
        .option("layers", .size(from: 1), default: 5, "hidden layers of every coupling"),
        .option("couplings", .size(from: 1), default: 4),
        .option("prior", .noise, default: StandardLogistic(), "the distribution of the noise"), .generator,
        returns: .object(Flow.type), errors: "an odd dim",
        source: "Dinh, Krueger, Bengio: NICE, ICLR workshop 2015",
        example: """
            local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}
            assert(m:log_prob(tensor.zeros(3, 4)).shape[1] == 3)
            """
    ) { dimension, hidden, layers, couplings, prior, generator in
        try NICE.make(
            dimension: dimension, hidden: hidden, layers: layers, couplings: couplings, prior: prior, from: generator)
    }
}

extension Domain<Int> {
    /// A count of units, layers or dimensions, within what tensors can be.
    static func size(from least: Int) -> Domain { .integer(from: least, to: 1 << 24) }
}
