import Autodiff
import Scripting
import Tensors

/// A transform that a script defines: `flow.Transform{to_latent = ..., to_data = ...}`, or `flow.Rotation(0.3)` when a
/// plugin registered Rotation.
public struct ScriptedTransform: FlowTransform {
    /// What messages call it: `flow.Rotation`.
    public let label: String
    public let parameters: [(name: String, value: Variable)]
    private let toLatentFunction: any ScriptFunction
    private let toDataFunction: any ScriptFunction
    public var heldValues: [Value] { [.function(toLatentFunction), .function(toDataFunction)] }

    /// Reads the table that defines a transform.
    init(label: String, _ given: Options) throws {
        self.label = label
        func direction(_ name: String) throws -> any ScriptFunction {
            guard let function = try given.function(name) else { throw given.error(name, expected: "a function") }
            return function
        }
        toLatentFunction = try direction("to_latent")
        toDataFunction = try direction("to_data")
        var parameters: [(name: String, value: Variable)] = []
        if given.has("parameters") {
            guard case .table(let table) = given["parameters"] else {
                throw given.error("parameters", expected: "a table {name = tensor}")
            }
            for (key, value) in try table.entries() {
                guard case .string(let name) = key, case .object(let object) = value, let variable = object as? Variable
                else {
                    throw ScriptError(
                        given.function, "option parameters: {name = tensor} expected, got \(key.shown) = \(value.shown)"
                    )
                }
                guard let text = name.utf8Text else {
                    throw ScriptError(
                        given.function, "option parameters: the name \(name.quoted()) is no UTF-8, which files hold names as")
                }
                parameters.append((text, variable))
            }
        }
        self.parameters = parameters.sorted { ByteString($0.name) < ByteString($1.name) }
    }

    static let options = ["to_latent", "to_data", "parameters"]

    public func toLatent(_ x: Variable) throws -> (z: Variable, logDeterminant: Variable) {
        let (z, logDeterminant) = try call(toLatentFunction, "to_latent", x)
        return (z, logDeterminant)
    }

    public func toData(_ z: Variable) throws -> (x: Variable, logDeterminant: Variable) {
        let (x, logDeterminant) = try call(toDataFunction, "to_data", z)
        return (x, logDeterminant)
    }

    private func call(_ function: any ScriptFunction, _ name: String, _ input: Variable) throws -> (Variable, Variable)
    {
        let results = try function.call([.object(input)])
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
        // The same for every row, or one number per row.
        if case .object(let object as Variable) = second.value, object.shape.isEmpty {
            return (value, try second.variable([], mayHoldNaN: mayHoldNaN))
        }
        return (value, try second.variable([input.shape[0]], mayHoldNaN: mayHoldNaN))
    }
}
