import Autodiff
import Scripting
import Tensors

/// In training, sets every element to 0 with probability p and divides the others by 1 - p; else the identity. As
/// torch.nn.Dropout.
public struct Dropout: Layer {
    let probability: Double
    let generator: Generator

    public var generators: [Generator] { [generator] }
    public var description: String { "nn.Dropout(\(shown(probability)))" }

    /// A probability from 0 to 1; not checked here.
    public init(_ probability: Double, from generator: Generator) {
        self.probability = probability
        self.generator = generator
    }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        guard isTraining, probability > 0 else { return try x.clone() }
        let keep = 1 - probability
        let scale = keep > 0 ? 1 / keep : 0
        let mask = try generator.fill(x.shape, x.dtype.computing, for: "nn.Dropout") { $0.uniform() < keep ? scale : 0 }
        return try x * Variable(mask)
    }
}

extension Dropout {
    static let entry = LayerEntry(
        Declaration(
            "nn.Dropout",
            """
            In training, each element is 0 with probability p and else divided by 1 - p; after net:eval() x passes as \
            it is.
            """,
            takes: .argument("p", .number(from: 0, to: 1), default: 0.5), .generator, returns: .module,
            source: "torch.nn.Dropout; Srivastava et al., JMLR 2014",
            example: """
                local net = nn.Dropout(0.5)
                net:eval()
                assert(net(tensor{1, 2})[{2}] == 2)
                """
        ) { Module(Dropout($0, from: $1)) },
        cases: [
            LayerCase("Dropout(0.25) in evaluation", [2, 3]) {
                let module = Module(Dropout(0.25, from: $0))
                module.setTraining(false)
                return module
            }
        ])
}
