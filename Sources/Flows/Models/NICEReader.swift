import Autodiff
import Distributions
import Scripting
import Storage
import Tensors

/// Reads a NICE from a state dict, checking every name and shape on the way.
struct NICEReader {
    private let dict: StateDict
    private let operation: String
    private var unread: Set<String>

    init(_ dict: StateDict, _ operation: String) {
        self.dict = dict
        self.operation = operation
        unread = Set(dict.names)
    }

    mutating func flow() throws -> Flow {
        let scale = try parameter("scaling.scale")
        let dimension = scale.count
        guard scale.shape == [1, dimension] || scale.shape == [dimension], dimension >= 2, dimension % 2 == 0 else {
            throw ScriptError(operation, "scaling.scale has shape \(Shape.describe(scale.shape)); (1, D) with an even D expected")
        }
        var networks: [Perceptron] = []
        while unread.contains(where: { $0.hasPrefix("coupling.\(networks.count).") }) {
            networks.append(try network("coupling.\(networks.count)", width: dimension / 2))
        }
        guard !networks.isEmpty else { throw ScriptError(operation, "no parameters named coupling.0...: not a NICE") }
        if let extra = unread.sorted().first {
            throw ScriptError(
                operation, "\(extra) \(Shape.describe(dict[extra]?.shape ?? [])) is no parameter of a NICE with \(networks.count) couplings"
                    + (unread.count > 1 ? " (nor are \(unread.count - 1) more)" : ""))
        }
        let prior: any Law
        switch dict.metadata["prior"] ?? StandardLogistic.name {
        case StandardLogistic.name: prior = StandardLogistic()
        case StandardNormal.name: prior = StandardNormal()
        case let name: throw ScriptError(operation, "the file names an unknown prior \"\(name)\"; logistic or normal expected")
        }
        return NICE.assemble(networks, logScale: Variable(try scale.cast(scale.dtype.computing).reshape([1, dimension])), dimension: dimension, prior: prior)
    }

    /// One coupling's network: (D/2) -> hidden widths -> (D/2).
    private mutating func network(_ prefix: String, width: Int) throws -> Perceptron {
        var hidden = 1
        while unread.contains("\(prefix).mid_block.\(hidden - 1).0.weight") { hidden += 1 }
        var layers: [Perceptron.Layer] = []
        var inputs = width
        for name in NICE.layerNames(hiddenLayers: hidden) {
            let full = "\(prefix).\(name)"
            let weight = try parameter("\(full).weight")
            guard weight.rank == 2, weight.shape[1] == inputs, weight.shape[0] > 0 else {
                throw ScriptError(operation, "\(full).weight has shape \(Shape.describe(weight.shape)); (units, \(inputs)) expected")
            }
            let bias = try parameter("\(full).bias")
            guard bias.shape == [weight.shape[0]] else {
                throw ScriptError(operation, "\(full).bias has shape \(Shape.describe(bias.shape)); (\(weight.shape[0])) expected")
            }
            layers.append(Perceptron.Layer(name: name, weight: Variable(try weight.storedByInputUnit()), bias: Variable(try bias.cast(bias.dtype.computing))))
            inputs = weight.shape[0]
        }
        guard inputs == width else {
            throw ScriptError(operation, "\(prefix).out_block gives \(inputs) shifts for \(width) positions")
        }
        return Perceptron(layers)
    }

    private mutating func parameter(_ name: String) throws -> Tensor {
        guard let tensor = dict[name] else {
            throw ScriptError(operation, "the parameter \(name) is missing" + suggestion(for: name, among: unread))
        }
        unread.remove(name)
        guard try tensor.isFinite() else { throw ScriptError(operation, "\(name) holds NaN or infinity") }
        return tensor
    }
}
