import Autodiff
import Networks
import Scripting
import Tensors

/// A transform that a script defines: `flow.Transform{to_latent = ..., to_data = ...}`, or `flow.Rotation(0.3)` when a
/// plugin registered Rotation.
public struct ScriptedTransform: FlowTransform {
    /// Its name in messages: `flow.Rotation`.
    public let label: String
    /// The name that a script gave it, if any.
    let ownName: String?
    public let takesAnyContext = true
    private let ownParameters: [(name: String, value: Variable)]
    /// Networks that the functions call; they are trained, saved and converted with the transform.
    let networks: [(name: String, module: Module)]
    private let toLatentFunction: any ScriptFunction
    private let toDataFunction: any ScriptFunction
    public var heldValues: [Value] {
        [.function(toLatentFunction), .function(toDataFunction)] + networks.flatMap(\.module.heldValues)
    }

    public var parameters: [(name: String, value: Variable)] {
        ownParameters
            + networks.flatMap { part in part.module.parameters.map { ("\(part.name).\($0.name)", $0.value) } }
    }
    public var buffers: [(name: String, value: Variable)] {
        networks.flatMap { part in part.module.buffers.map { ("\(part.name).\($0.name)", $0.value) } }
    }

    /// The fields of the table that defines it.
    struct Definition {
        var name = "Transform"
        var toLatent: (any ScriptFunction)?
        var toData: (any ScriptFunction)?
        var parameters: [(name: String, value: Variable)] = []
        var modules: [(name: String, module: Module)] = []

        static let options = OptionTable(
            { Definition() },
            .option("name", \.name, .text, "what messages call it"),
            .required("to_latent", \.toLatent, .function, "(x, context): z and log |det dz/dx|"),
            .required("to_data", \.toData, .function, "(z, context): x and its own log |det dx/dz|"),
            .option("parameters", \.parameters, .fileParameters, "what training changes, and files keep, by name"),
            .option(
                "modules", \.modules, .namedModules,
                "{name = module}: networks that the two functions call, kept likewise"))
    }

    init(label: String, _ given: Definition) throws {
        self.label = label
        ownName = given.name == Definition().name ? nil : given.name
        guard let toLatent = given.toLatent, let toData = given.toData else { throw Fault("two directions expected") }
        (toLatentFunction, toDataFunction) = (toLatent, toData)
        ownParameters = given.parameters.sorted { ByteString($0.name) < ByteString($1.name) }
        networks = given.modules
        if let twice = ownParameters.first(where: { own in networks.contains { $0.name == own.name } }) {
            throw Fault("\(twice.name) is the name of a module and of a parameter")
        }
    }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (z, logDeterminant) = try call(toLatentFunction, "to_latent", x, context)
        return (z, logDeterminant)
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (x, logDeterminant) = try call(toDataFunction, "to_data", z, context)
        return (x, logDeterminant)
    }

    private func call(
        _ function: any ScriptFunction, _ name: String, _ input: Variable, _ context: Variable?
    ) throws -> (Variable, Variable) {
        let results = try function.call([.object(input)] + (context.map { [.object($0)] } ?? []))
        let mayHoldNaN = try !input.value.isFinite()
        let value = try ScriptedResult("\(label): \(name)", results.first ?? .none).variable(
            input.shape, mayHoldNaN: mayHoldNaN)
        guard value.dtype == input.dtype.computing else {
            throw ScriptError(
                "\(label): \(name)",
                "returned \(value.dtype.rawValue) for \(input.dtype.rawValue): the same dtype expected")
        }
        let second = ScriptedResult("\(label): \(name): log |det|", results.count > 1 ? results[1] : .none)
        if let number = second.value.asNumber {
            guard !number.isNaN else { throw second.error("is nan") }
            return (value, try input.constant(number))
        }
        // A log-determinant of shape () is the same for every row; else one number per row.
        if case .object(let object as Variable) = second.value, object.shape.isEmpty {
            return (value, try second.variable([], mayHoldNaN: mayHoldNaN))
        }
        return (value, try second.variable([input.shape[0]], mayHoldNaN: mayHoldNaN))
    }
}

extension Domain<[(name: String, value: Variable)]> {
    /// A table `{name = tensor}` whose names a file can hold.
    fileprivate static var fileParameters: Domain {
        Domain<[NamedTensor]>.namedTensors.map(show: { _ in "{}" }) { parameters in
            try parameters.map { name, value in
                guard let text = name.utf8Text else {
                    throw Fault("the name \(name.quoted()) is no UTF-8, which files hold names as")
                }
                return (text, value)
            }
        }
    }
}
