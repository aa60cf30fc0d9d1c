import Autodiff
import Scripting
import Tensors

/// x + f(x), where f is modules one after the other. As zuko.nn.Residual, with parameter names counted from 0.
///
/// He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, equation 1.
public struct Residual: Layer {
    let modules: [Module]

    public var children: [(name: String, module: Module)] {
        modules.enumerated().map { (String($0.offset), $0.element) }
    }
    public var description: String {
        "nn.Residual(\(modules.map(\.layer.description).joined(separator: ", ")))"
    }

    /// The modules, one after the other, must give the shape that they get, which is checked at every call.
    public init(_ modules: [Module]) { self.modules = modules }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        let change = try modules.reduce(x) { try $1($0, context: context) }
        guard change.shape == x.shape else {
            let (from, to) = (Shape.describe(x.shape), Shape.describe(change.shape))
            throw ScriptError("nn.Residual", "the module makes \(to) of \(from): the same shape expected")
        }
        return try x + change
    }
}

extension Residual {
    static let entry = LayerEntry(
        Declaration(
            "nn.Residual", "x + module(x). The module's parameters are named 0.NAME.",
            takes: .argument("module", .module), returns: .module,
            errors: "when called, a module that changes the shape",
            source: "zuko.nn.Residual; He et al., CVPR 2016, equation 1",
            example: "assert(nn.Residual(nn.ReLU())(tensor{2, -1})[{1}] == 4)"
        ) { Module(Residual([$0])) },
        cases: [
            LayerCase("Residual(Linear(3, 3))", [4, 3]) { Module(Residual([Module(try Linear.make(3, 3, from: $0))])) },
            LayerCase("Residual of several", [4, 3]) {
                Module(
                    Residual([
                        Module(try Linear.make(3, 5, from: $0)), Module(Activation.elu()),
                        Module(try Linear.make(5, 3, from: $0)),
                    ]))
            },
        ])
}
