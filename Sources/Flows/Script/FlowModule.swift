import Autodiff
import Distributions
import Scripting
import Tensors

/// The module `flow`: normalizing flows.
public struct FlowModule: ScriptModule {
    private let added: [Declaration]
    /// Constructors of the catalogue's transforms and of those passed to `init`.
    private var constructors: [Declaration] { Catalogue.transforms.map { $0.declaration } + added }
    /// Methods that rooms above add to flows, such as training. Evaluated when first needed.
    private let methods: @Sendable () -> [Declaration]

    /// - Parameters:
    ///   - transforms: more transforms beside the catalogue's, which files may name, too.
    ///   - methods: more methods of flows, whose first parameter is the flow.
    public init(
        adding transforms: [any CatalogueEntry.Type] = [],
        methods: @autoclosure @escaping @Sendable () -> [Declaration] = []
    ) {
        added = transforms.map { $0.declaration }
        self.methods = methods
    }

    public let name = "flow"
    public let summary = """
        Normalizing flows: exact log-densities in nats, latents, samples, and gradients of all of them.
        """
    public var functions: [NativeFunction] {
        let transforms = constructors + [FlowFunctions.transform]
        return [NativeFunction(FlowFunctions.load(adding: added))]
            + (FlowFunctions.flows + FlowFunctions.univariate + transforms).map { NativeFunction($0).remembering() }
    }
    public var scripted: ScriptedConstructors? { FlowFunctions.registered }

    public var types: [TypeBinding] {
        [
            TypeBinding(
                Flow.type, "A normalizing flow: a bijection between data and noise of known distribution.",
                methods: (FlowMethods.all + methods()).map { NativeFunction($0) },
                properties: [NativeFunction(FlowMethods.dimension), NativeFunction(FlowMethods.training)],
                operators: [.describe: NativeFunction(FlowMethods.describe)]),
            TransformObject.binding,
        ]
    }
}

enum FlowFunctions {
    static let flows = [nice, flow]

    /// - Parameter more: constructors that a file may name beside the built-in ones.
    static func load(adding more: [Declaration]) -> Declaration {
        Declaration(
            "flow.load",
            """
            The flow in a file. One that m:save wrote comes back whatever its parts are, architecture included; \
            transforms and modules of a script's own are looked up by name among what host.register knows. Of other \
            files, the architecture (a NICE, or zuko's MAF, NSF, RealNVP, NICE, CNF) is read from the parameters' \
            names and shapes; a .pt may nest them under a name such as model_state_dict, wrappers may have put theirs \
            before all of them (module., _orig_mod.), and tensors beside them are left aside. A NICE's prior is then \
            the standard logistic distribution. What zuko's names and shapes do not say is zuko's default: ReLU (a \
            CNF's ELU) and its tolerances, splines on [-5, 5]; 3 K - 1 numbers for a feature are a spline of K bins, \
            though a BPF of degree 3 K - 2 has as many, and an NSF of one bin as many as an affine map, which are \
            other densities. The parameters do not require gradients until m:requires_grad_(true), or an optimiser is \
            made of them.
            """,
            takes: .argument("path", .bytes, "of a .pt, .safetensors or .npz file"), .context, .operation,
            returns: .object(Flow.type),
            errors: """
                a file that is missing, truncated, foreign or hostile; parameters that are missing, unexpected or do \
                not fit; a part that nobody registered
                """,
            source: "names of the problem sheet's PyTorch model; zuko 1.6",
            example: """
                local m = flow.Flow("normal", {flow.Scaling{1, 2}}, {dim = 2})
                local path = os.tmpname() .. ".safetensors"
                m:save(path)
                local again = flow.load(path)
                assert(again:log_prob(tensor{1, 1}):item() == m:log_prob(tensor{1, 1}):item())
                os.remove(path)
                """,
            see: ["flow:save", "checkpoint.load"]
        ) { path, context, operation in try Flow.load(path, for: operation, context: context, adding: more) }
    }

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
        .option(
            "dropout", .number(from: 0, to: 1), default: 0,
            """
            the probability that a hidden unit is 0 while m:fit trains, or after m:train(), others being divided by 1 \
            - dropout; a new flow evaluates, and a file keeps the weights only
            """),
        .option("prior", .noise, default: StandardLogistic(), "the distribution of the noise"), .generator,
        returns: .object(Flow.type), errors: "an odd dim",
        source: "Dinh, Krueger, Bengio: NICE, ICLR workshop 2015",
        example: """
            local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 4}
            assert(m:log_prob(tensor.zeros(3, 4)).shape[1] == 3)
            """,
        see: ["flow:fit", "flow:train"]
    ) { dimension, hidden, layers, couplings, dropout, prior, generator in
        try NICE.make(
            dimension: dimension, hidden: hidden, layers: layers, couplings: couplings, dropout: dropout, prior: prior,
            from: generator)
    }
}

extension Domain<Int> {
    /// A count of units, layers or dimensions, within what tensors can be.
    static func size(from least: Int) -> Domain { .integer(from: least, to: 1 << 24) }
}
