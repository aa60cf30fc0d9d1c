import Autodiff
import Scripting
import Tensors

/// A multilayer perceptron: linear layers with an activation between them. As zuko.nn.MLP; a sequence of modules.
public enum MLP {
    /// What is between the first and the last layer.
    public struct Settings {
        /// The widths of the hidden layers; empty for a single linear layer.
        public var hiddenFeatures = [64, 64]
        /// Between layers, not behind the last one.
        public var activation = Activation.relu

        public init() {}
    }

    /// The activation of a name, such as `relu`; nil for another name.
    public static func make(
        _ inputs: Int, _ outputs: Int, _ settings: Settings = .init(), from generator: Generator,
        for operation: String = "nn.MLP"
    ) throws -> Module {
        let widths = [inputs] + settings.hiddenFeatures + [outputs]
        var modules: [Module] = []
        for (from, to) in zip(widths, widths.dropFirst()) {
            if !modules.isEmpty { modules.append(Module(settings.activation)) }
            modules.append(Module(try Linear.make(from, to, from: generator, for: operation)))
        }
        let hidden = settings.hiddenFeatures.map { "\($0)" }.joined(separator: ", ")
        return Module(
            Sequential(
                modules,
                description: """
                    nn.MLP(\(inputs), \(outputs), {hidden_features = {\(hidden)}, \
                    activation = "\(settings.activation.key ?? "")"})
                    """))
    }
}

extension MLP {
    private static let options = OptionTable(
        { Settings() },
        .option("hidden_features", \.hiddenFeatures, .list(of: .width), "the widths of the hidden layers"),
        .option("activation", \.activation, .activation))

    static let entry = LayerEntry(
        Declaration(
            "nn.MLP",
            """
            A multilayer perceptron: linear layers of the given widths with an activation between them, as an \
            nn.Sequential.
            """,
            takes: .argument("in_features", .width), .argument("out_features", .width), options.parameter, .generator,
            .operation, returns: .module, source: "zuko.nn.MLP",
            example: """
                local net = nn.MLP(2, 3, {hidden_features = {16}, activation = "tanh"})
                assert(#net:parameters() == 4)
                """
        ) { inputs, outputs, settings, generator, operation in
            try MLP.make(inputs, outputs, settings, from: generator, for: operation)
        },
        cases: [
            LayerCase("MLP(3, 2)", [4, 3]) { try MLP.make(3, 2, from: $0) },
            LayerCase("MLP(3, 2, {}, elu)", [4, 3]) {
                var settings = Settings()
                (settings.hiddenFeatures, settings.activation) = ([5], .elu())
                return try MLP.make(3, 2, settings, from: $0)
            },
        ])
}
