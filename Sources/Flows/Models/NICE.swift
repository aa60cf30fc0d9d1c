import Autodiff
import Distributions
import Files
import Networks
import RealModule
import Scripting
import Tensors

/// NICE: Non-linear Independent Components Estimation (Dinh, Krueger, Bengio, ICLR workshop 2015).
///
/// Additive couplings that shift the even and the odd positions in turn, then a diagonal scaling; the prior is the
/// standard logistic distribution. Parameters have the names of the problem sheet's PyTorch model:
/// `coupling.K.in_block.0.weight`, `coupling.K.mid_block.J.0.weight`, `coupling.K.out_block.weight`, the biases, and
/// `scaling.scale`. Coupling K shifts the even positions (from 0) when K is even, else the odd ones.
public enum NICE {
    /// A model with PyTorch's initial values: weights and biases uniform within 1/sqrt(in), scales 0.
    ///
    /// - Parameters:
    ///   - dimension: of the data; even, as couplings halve it.
    ///   - hidden: units of every hidden layer.
    ///   - layers: hidden layers per coupling, at least 1.
    ///   - dropout: the probability that a hidden unit is 0 in training. A new model evaluates, without it.
    ///   - generator: of the initial values and of dropout's masks.
    public static func make(
        dimension: Int, hidden: Int, layers: Int, couplings: Int, dropout: Double = 0,
        prior: any Prior = StandardLogistic(), from generator: Generator, for operation: String = "flow.NICE"
    ) throws -> Flow {
        func check(_ value: Int, _ name: String, atLeast low: Int) throws {
            guard value >= low, value <= 1 << 24 else {
                throw ScriptError(
                    operation, "option \(name): a whole number from \(low) to \(1 << 24) expected, got \(value)")
            }
        }
        try check(dimension, "dim", atLeast: 2)
        try check(hidden, "hidden", atLeast: 1)
        try check(layers, "layers", atLeast: 1)
        try check(couplings, "couplings", atLeast: 1)
        guard dropout >= 0, dropout <= 1 else {
            throw ScriptError(operation, "option dropout: a probability from 0 to 1 expected, got \(shown(dropout))")
        }
        guard dimension % 2 == 0 else {
            throw ScriptError(operation, "option dim: an even number expected (couplings halve it), got \(dimension)")
        }
        func layer(_ name: String, _ inputs: Int, _ outputs: Int) throws -> Perceptron.Layer {
            let bound = 1 / Double(inputs).squareRoot()
            func uniform(_ shape: [Int]) throws -> Tensor {
                try generator.fill(shape, .float32, for: operation) { bound * (2 * $0.uniform() - 1) }
            }
            let weight = Variable(try uniform([outputs, inputs]).storedByInputUnit())
            let bias = Variable(try uniform([outputs]))
            return Perceptron.Layer(name: name, weight: weight, bias: bias)
        }
        let names = layerNames(hiddenLayers: layers)
        let widths = [dimension / 2] + Array(repeating: hidden, count: layers) + [dimension / 2]
        let networks = try (0..<couplings).map { _ in
            let mask = dropout > 0 ? Module(Dropout(dropout, from: generator)) : nil
            mask?.setTraining(false)
            return Perceptron(
                try names.enumerated().map { try layer($1, widths[$0], widths[$0 + 1]) }, dropout: mask)
        }
        let flow = assemble(
            networks, logScale: Variable(try Tensor.zeros([1, dimension])), dimension: dimension, prior: prior)
        for (_, parameter) in flow.parameters { try parameter.setRequiresGrad(true, for: operation) }
        return flow
    }

    static func layerNames(hiddenLayers: Int) -> [String] {
        ["in_block.0"] + (0..<(hiddenLayers - 1)).map { "mid_block.\($0).0" } + ["out_block"]
    }

    static func assemble(_ networks: [Perceptron], logScale: Variable, dimension: Int, prior: any Prior) -> Flow {
        var transforms: [(name: String, transform: any FlowTransform)] = networks.enumerated().map { index, network in
            ("coupling.\(index)", AdditiveCoupling(shifting: index % 2 == 0 ? .even : .odd, by: network))
        }
        transforms.append(("scaling", Scaling(logScale: logScale)))
        return Flow(
            name: "NICE", dimension: dimension, transforms: transforms, prior: prior,
            metadata: ["architecture": "NICE", "prior": type(of: prior).name])
    }

    /// Whether a state dict looks like a NICE, perhaps with prefixes (`module.`, `_orig_mod.`, `flow.net.`) before the
    /// names of its parameters.
    static func recognises(_ names: [String]) -> Bool { !prefixes(names).isEmpty }

    /// The prefixes before the parameters' names, one for each NICE among these names.
    static func prefixes(_ names: [String]) -> [String] {
        func before(_ mark: String) -> [String] {
            names.compactMap { name in
                guard let place = name.firstRange(of: mark),
                    place.lowerBound == name.startIndex || name[..<place.lowerBound].last == "."
                else { return nil }
                return String(name[..<place.lowerBound])
            }
        }
        let found = before("scaling.scale")
        return Set(found.isEmpty ? before("coupling.") : found).sorted()
    }

    /// The model in a state dict: dimension, widths, layers and couplings follow from names and shapes. The prior is
    /// the one in the metadata, else the standard logistic distribution.
    ///
    /// Its parameters do not require gradients until the flow is set to train.
    /// - Throws: ``ScriptError`` naming the parameter that is missing, unexpected or does not fit.
    public static func read(_ dict: StateDict, for operation: String = "flow.load") throws -> Flow {
        let prefixes = prefixes(dict.names)
        guard prefixes.count <= 1 else {
            throw ScriptError(
                operation,
                "holds \(prefixes.count) models, named "
                    + "\(prefixes.prefix(4).map { "\($0)scaling.scale" }.joined(separator: ", ")): save one of them"
            )
        }
        var reader = NICEReader(dict, prefix: prefixes.first ?? "", operation)
        return try reader.flow()
    }
}
