import Autodiff
import Scripting
import Tensors

/// x + module(x). As zuko.nn.Residual of one module.
///
/// He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, equation 1.
public struct Residual: Layer {
    let module: Module

    public var children: [(name: String, module: Module)] { [("0", module)] }
    public var description: String { "nn.Residual(\(module.layer.description))" }

    /// The module must give the shape that it gets, which is checked at every call.
    public init(_ module: Module) { self.module = module }

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        let change = try module(x, context: context)
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
        ) { Module(Residual($0)) },
        cases: [
            LayerCase("Residual(Linear(3, 3))", [4, 3]) { Module(Residual(Module(try Linear.make(3, 3, from: $0)))) }
        ])
}
