import Autodiff
import Distributions
import Files
import Scripting
import Tensors

/// Reads a NICE from a state dict and checks every name and shape. Tensors that are no part of a NICE (such as a step
/// count) are ignored.
struct NICEReader {
    /// The tensors by the names that a NICE has, without prefixes.
    private let dict: StateDict
    private let operation: String
    private var unread: Set<String>

    init(_ dict: StateDict, prefix: String, _ operation: String) {
        let own = dict.entries.filter { $0.name.hasPrefix(prefix) }.map {
            (name: String($0.name.dropFirst(prefix.count)), tensor: $0.tensor)
        }
        self.dict = StateDict(own, metadata: dict.metadata)
        self.operation = operation
        unread = Set(self.dict.names.filter { $0.hasPrefix("coupling.") || $0.hasPrefix("scaling.") })
    }

    mutating func flow() throws -> Flow {
        let scale = try parameter("scaling.scale")
        let dimension = scale.count
        guard scale.shape == [1, dimension] || scale.shape == [dimension], dimension >= 2, dimension % 2 == 0 else {
            throw ScriptError(
                operation, "scaling.scale has shape \(Shape.describe(scale.shape)); (1, D) with an even D expected")
        }
        var networks: [Perceptron] = []
        while unread.contains(where: { $0.hasPrefix("coupling.\(networks.count).") }) {
            networks.append(try network("coupling.\(networks.count)", width: dimension / 2))
        }
        guard !networks.isEmpty else { throw ScriptError(operation, "no parameters named coupling.0...: not a NICE") }
        if let extra = unread.sorted().first {
            throw ScriptError(
                operation,
                "\(extra) \(Shape.describe(dict[extra]?.shape ?? [])) is no parameter of a NICE with "
                    + "\(networks.count) couplings"
                    + (unread.count > 1 ? " (nor are \(unread.count - 1) more)" : ""))
        }
        try checkStandardPrior()
        let prior: any Prior
        switch dict.metadata["prior"] ?? StandardLogistic.name {
        case StandardLogistic.name: prior = StandardLogistic()
        case StandardNormal.name: prior = StandardNormal()
        case let name:
            throw ScriptError(operation, "the file names an unknown prior \"\(name)\"; logistic or normal expected")
        }
        return NICE.assemble(
            networks, logScale: Variable(try scale.cast(scale.dtype.computing).reshape([1, dimension])),
            dimension: dimension, prior: prior)
    }

    /// One coupling's network: (D/2) -> hidden widths -> (D/2).
    private mutating func network(_ prefix: String, width: Int) throws -> Perceptron {
        var hidden = 1
        while unread.contains("\(prefix).mid_block.\(hidden - 1).0.weight") { hidden += 1 }
        var layers: [Perceptron.Layer] = []
        var inputs = width
        let names = NICE.layerNames(hiddenLayers: hidden)
        let following = Dictionary(uniqueKeysWithValues: zip(names, names.dropFirst()))
        for name in names {
            let full = "\(prefix).\(name)"
            let weight = try parameter("\(full).weight")
            guard weight.rank == 2, weight.shape[1] == inputs, weight.shape[0] > 0 else {
                throw ScriptError(
                    operation, "\(full).weight has shape \(Shape.describe(weight.shape)); (units, \(inputs)) expected")
            }
            let bias = try parameter("\(full).bias")
            guard bias.shape == [weight.shape[0]] else {
                throw misfit(
                    full, weight, bias, next: following[name].flatMap { dict["\(prefix).\($0).weight"] }, width)
            }
            layers.append(
                Perceptron.Layer(
                    name: name, weight: Variable(try weight.storedByInputUnit()),
                    bias: Variable(try bias.cast(bias.dtype.computing))))
            inputs = weight.shape[0]
        }
        guard inputs == width else {
            throw ScriptError(operation, "\(prefix).out_block gives \(inputs) shifts for \(width) positions")
        }
        return Perceptron(layers)
    }

    /// The error for a weight and a bias with different numbers of units; the next layer tells which of the two is
    /// wrong.
    private func misfit(_ name: String, _ weight: Tensor, _ bias: Tensor, next: Tensor?, _ width: Int) -> ScriptError {
        let units = next.map { $0.shape.last ?? 0 } ?? width
        if bias.shape == [units] {
            return ScriptError(
                operation,
                "\(name).weight has shape \(Shape.describe(weight.shape)); (\(units), \(weight.shape[1])) expected, "
                    + "as its bias and what follows have it"
            )
        }
        return ScriptError(
            operation,
            "\(name).bias has shape \(Shape.describe(bias.shape)); (\(weight.shape[0])) expected, as its weight has it")
    }

    /// A prior that is saved among the parameters must be the standard one: no other is known.
    private func checkStandardPrior() throws {
        for (name, tensor) in dict.entries where name.hasPrefix("prior.") {
            let standard: Double? = name.hasSuffix("loc") ? 0 : name.hasSuffix("scale") ? 1 : nil
            guard let standard, try tensor.toArray().allSatisfy({ $0 == standard }) else {
                throw ScriptError(
                    operation,
                    "\(name) \(Shape.describe(tensor.shape)) is no part of a standard logistic or normal prior (loc "
                        + "0, scale 1)"
                )
            }
        }
    }

    private mutating func parameter(_ name: String) throws -> Tensor {
        guard let tensor = dict[name] else {
            throw ScriptError(
                operation,
                "the parameter \(name) is missing" + suggestion(for: name, among: unread.filter { !isParameter($0) }))
        }
        unread.remove(name)
        guard try tensor.isFinite() else { throw ScriptError(operation, "\(name) holds NaN or infinity") }
        return tensor
    }

    /// Whether some NICE has a parameter of that name; other names may be misspelt.
    private func isParameter(_ name: String) -> Bool {
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count >= 4, parts[0] == "coupling", Int(parts[1]) != nil,
            ["weight", "bias"].contains(parts[parts.count - 1])
        else {
            return name == "scaling.scale"
        }
        switch parts[2] {
        case "in_block": return parts.count == 5 && parts[3] == "0"
        case "mid_block": return parts.count == 6 && Int(parts[3]) != nil && parts[4] == "0"
        case "out_block": return parts.count == 4
        default: return false
        }
    }
}
