import Autodiff
import Scripting
import Tensors

/// Modules applied one after the other. As torch.nn.Sequential, with parameter names counted from 0.
public struct Sequential: Layer {
    let modules: [Module]
    public let description: String

    public var children: [(name: String, module: Module)] {
        modules.enumerated().map { (String($0.offset), $0.element) }
    }

    /// The first one gets the input; the children are named "0", "1" and so on, as in PyTorch.
    public init(_ modules: [Module], description: String? = nil) {
        self.modules = modules
        self.description =
            description ?? "nn.Sequential{\(modules.map(\.layer.description).joined(separator: ", "))}"
    }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        var value = x
        var isRectified = false
        for (index, module) in modules.enumerated() {
            // A ReLU in front of a linear layer is computed by that layer in the same pass.
            if (module.layer as? Activation)?.isReLU ?? false, index + 1 < modules.count,
                modules[index + 1].layer is Linear, value.dtype.isFloating
            {
                isRectified = true
                continue
            }
            do {
                if isRectified, let linear = module.layer as? Linear {
                    value = try Linear.apply(
                        value, linear.weight.value, linear.bias?.value, rectified: true, "nn.Linear")
                } else {
                    value = try module(value, context: context)
                }
            } catch let error as ScriptError {
                throw ScriptError(
                    "nn.Sequential", "module \(index + 1), \(module.layer.description): \(error.description)")
            }
            isRectified = false
        }
        return modules.isEmpty ? try x.clone() : value
    }
}

extension Sequential {
    static let entry = LayerEntry(
        Declaration(
            "nn.Sequential",
            """
            Modules one after the other; net[1] is the first. Names of parameters count from 0, as PyTorch's do: \
            0.weight, 2.bias. A context is passed to each.
            """,
            takes: .argument("modules", .modules), returns: .module,
            errors: "when called, a module that does not take what the one before gives: the message counts them",
            source: "torch.nn.Sequential",
            example: """
                local net = nn.Sequential{nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)}
                assert(net(tensor.ones(5, 2)).shape[2] == 1 and net:numel() == 33)
                """
        ) { Module(Sequential($0)) },
        cases: [
            LayerCase("Sequential{Linear, ReLU, Linear, Tanh}", [4, 3]) {
                let (first, second) = (try Linear.make(3, 5, from: $0), try Linear.make(5, 2, from: $0))
                return Module(
                    Sequential([Module(first), Module(Activation.relu), Module(second), Module(Activation.tanh)]))
            }
        ])
}
