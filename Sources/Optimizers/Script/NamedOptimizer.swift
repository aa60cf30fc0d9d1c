import Autodiff
import Scripting
import Tensors

/// An optimiser given by name and settings, without parameters yet: `"adam"`, `{name = "adamw", weight_decay = 0.01}`.
/// For functions that train by themselves, such as `m:fit`.
package struct NamedOptimizer: Sendable {
    package let name: String
    /// The step size in the settings.
    package let lr: Double
    /// The settings except the step size, as text, for comparing with a checkpoint's.
    package let settings: String
    package let make: @Sendable (_ parameters: [Variable], _ lr: Double, _ operation: String) throws -> any Optimizer

    /// Adam with torch.optim.Adam's defaults.
    package static let adam = NamedOptimizer(Adam())

    init<Method: ElementwiseMethod>(_ method: Method) {
        name = Method.name
        lr = method.lr
        var plain = method
        plain.lr = 0
        settings = Method.options.text(of: plain)
        make = { parameters, lr, operation in
            var own = method
            own.lr = lr
            return try ElementwiseOptimizer([(own, parameters)], for: operation)
        }
    }
}

/// A table with the field `name` and the options of that optimiser.
private struct Named<Method: ElementwiseMethod>: Sendable {
    var name = ""
    var method = Method()

    static var options: OptionTable<Named> {
        OptionTable({ Named() }, .option("name", \.name, .text), .options(\.method, Method.options))
    }
}

extension ElementwiseMethod {
    fileprivate static func named(_ table: (any ScriptTable)?) throws -> NamedOptimizer {
        let method = try table.map { try Named<Self>.options.read($0, over: Named()).method } ?? Self()
        try method.check()
        return NamedOptimizer(method)
    }
}

extension Domain<NamedOptimizer> {
    /// A name, or a table `{name = "adamw", weight_decay = 0.01}` of the constructor's options.
    package static var namedOptimizer: Domain {
        let methods: [any ElementwiseMethod.Type] = [Adam.self, AdamW.self, SGD.self, RMSprop.self]
        let names = methods.map { $0.name.lowercased() }
        let expected =
            "\(names.map { "\"\($0)\"" }.joined(separator: ", ")) or a table {name = \"adamw\", betas = {0.9, 0.99}}"
        @Sendable func method(_ name: ByteString) throws -> any ElementwiseMethod.Type {
            if let index = names.firstIndex(of: name.text.lowercased()) { return methods[index] }
            let hint =
                name.text.lowercased() == "lbfgs"
                ? "; optim.LBFGS takes a loop of its own" : suggestion(for: name.text, among: names)
            throw Fault("no optimizer \(name.quoted())\(hint); \(expected) expected")
        }
        return Domain(
            .either([.choice(names), .table]), expected: expected, show: { "\"\($0.name.lowercased())\"" }
        ) { value in
            switch value {
            case .string(let name): return try method(name).named(nil)
            case .table(let table):
                guard case .string(let name) = try table.value(for: "name") else {
                    throw Fault("a name is missing: {name = \"adamw\", ...}")
                }
                return try method(name).named(table)
            default: return nil
            }
        }
    }
}
