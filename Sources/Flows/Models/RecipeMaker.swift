import Autodiff
import Distributions
import Files
import Networks
import Scripting
import Tensors

/// Makes a flow from the recipe in a file, and writes the file's tensors over its initial values.
///
/// A recipe may call constructors of `flow`, `nn` and `distribution` and what was registered with them, nothing else.
/// Each call is first tried in a memory account limited by the size of the file: a recipe that asks for more than its
/// tensors is refused before that memory is taken.
struct RecipeMaker {
    private let dict: StateDict
    private let context: Context
    private let operation: String
    private let functions: [String: NativeFunction]

    init(_ dict: StateDict, _ context: Context, adding more: [Declaration], _ operation: String) {
        (self.dict, self.context, self.operation) = (dict, context, operation)
        let modules: [any ScriptModule] = [
            FlowModule(), NetworkModule(), DistributionModule(adding: [Transformed.self]),
        ]
        // Only constructors (capital letters): functions that compute, load or take a script's functions are left out.
        let all = modules.flatMap(\.functions) + more.map { NativeFunction($0).remembering() }
        let constructors =
            all.filter { $0.shortName.first?.isUppercase ?? false }
            + [TransformObject.inversion, Module.conversion]
        functions = Dictionary(constructors.map { ($0.name, $0) }) { first, _ in first }
    }

    /// - Throws: ``ScriptError`` that says what in the recipe is wrong, or which tensor does not fit.
    func flow(_ text: String) throws -> Flow {
        let recipe: Recipe
        do { recipe = try Recipe(text: text) } catch let fault as Fault {
            throw ScriptError(operation, "the recipe in the file's metadata is damaged: \(fault)")
        }
        var named: Set<String> = []
        let value = try recipe.value(
            tensor: { name in
                named.insert(name)
                guard let tensor = dict[name] else {
                    throw ScriptError(operation, "the recipe names the tensor \(name), which the file does not hold")
                }
                return .object(Variable(tensor))
            }, call: call)
        guard case .object(let flow as Flow) = value else {
            throw ScriptError(operation, "the recipe in the file's metadata makes a \(value.typeName); a flow expected")
        }
        try fill(flow, named)
        return flow
    }

    // MARK: Calls

    private func call(_ name: String, _ arguments: [Value]) throws -> Value {
        do {
            if let function = functions[name] {
                try rehearse(function, name, arguments)
                return try made(function.body(Arguments(function: name, values: arguments, context: context)), name)
            }
            if let (kind, constructors) = registered(name) {
                let short = String(name.drop { $0 != "." }.dropFirst())
                guard let entry = context.service(Registry.self).entry(kind, short) else {
                    throw ScriptError(
                        operation,
                        """
                        the recipe calls \(name), which is neither built in nor registered: before loading, \
                        host.register{\(kind.name) = {\(short) = \
                        f}}\(suggestion(for: name, among: Array(functions.keys)))
                        """)
                }
                let values = [.function(entry.function)] + arguments
                let function = constructors.make(short)
                return try made(function.body(Arguments(function: name, values: values, context: context)), name)
            }
        } catch let fault as Fault {
            throw ScriptError(operation, "the recipe's \(name): \(fault)")
        } catch let error as ScriptError where error.operation != operation {
            throw ScriptError(operation, "the recipe's \(error.description)")
        }
        throw ScriptError(
            operation,
            "the recipe calls \"\(name)\"; constructors of flow, nn and distribution only are called for a file")
    }

    private func registered(_ name: String) -> (RegistryKind, ScriptedConstructors)? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].first?.isUppercase ?? false else { return nil }
        let constructors: ScriptedConstructors? =
            switch parts[0] {
            case "flow": FlowModule().scripted
            case "nn": NetworkModule().scripted
            case "distribution": DistributionModule().scripted
            default: nil
            }
        return constructors.map { ($0.kind, $0) }
    }

    private func made(_ results: [Value], _ name: String) throws -> Value {
        guard case .object? = results.first else { throw ScriptError(operation, "the recipe's \(name) makes nothing") }
        return results[0]
    }

    /// Tries the call in a memory account of its own and drops the result.
    private func rehearse(_ function: NativeFunction, _ name: String, _ arguments: [Value]) throws {
        let bytes = dict.entries.reduce(0) { $0 + $1.tensor.count * $1.tensor.dtype.stride }
        // Factorisations of initial values take a few times the size of a tensor, in float64.
        let account = NativeMemory(limit: 1 << 26 + 16 * bytes)
        do {
            try NativeMemory.$current.withValue(account) {
                _ = try function.body(Arguments(function: name, values: arguments, context: context))
            }
        } catch let error as ScriptError where error.endsWork {
            throw ScriptError(
                operation, "the recipe's \(name) asks for more than the \(bytes) bytes of tensors that the file holds")
        }
    }

    // MARK: Tensors

    private func fill(_ flow: Flow, _ named: Set<String>) throws {
        var unread = Set(dict.names).subtracting(named)
        let parameters = flow.parameters
        for (index, (name, variable)) in (parameters + flow.buffers).enumerated() {
            unread.remove(name)
            guard let tensor = dict[name] else { throw ScriptError(operation, "the tensor \(name) is missing") }
            let own = variable.value
            guard tensor.shape == own.shape, tensor.dtype == own.dtype else {
                throw ScriptError(
                    operation,
                    """
                    \(name) is \(tensor.dtype.rawValue) of shape \(Shape.describe(tensor.shape)); the recipe makes \
                    \(own.dtype.rawValue) of \(Shape.describe(own.shape))
                    """)
            }
            if index < parameters.count, try tensor.toArray().contains(where: \.isNaN) {
                throw ScriptError(operation, "\(name) holds NaN")
            }
            guard own.storage !== tensor.storage else { continue }
            // A mask or an order is fixed when the transform is made; the file's must be the same.
            let isFixed = tensor.dtype == .bool || name == "order" || name.hasSuffix(".order")
            if isFixed, try tensor.toArray() != own.toArray() {
                throw ScriptError(
                    operation,
                    """
                    \(name) is another than the recipe makes: a random mask or order inside another part cannot be \
                    made again
                    """)
            }
            try own.write(tensor)
        }
        if let extra = unread.sorted().first {
            throw ScriptError(
                operation,
                "\(extra) \(Shape.describe(dict[extra]?.shape ?? [])) is no tensor of the flow that the recipe makes"
                    + (unread.count > 1 ? " (nor are \(unread.count - 1) more)" : ""))
        }
        for (_, parameter) in parameters where parameter.isLeaf { try parameter.setRequiresGrad(false, for: operation) }
    }
}

/// Names for the tensors in a flow's file: those of its state, and `recipe.N` for others that the recipe needs.
final class FileTensors: RecipeTensors {
    private var names: [ObjectIdentifier: String] = [:]
    private(set) var others: [(name: String, tensor: Tensor)] = []

    init(_ state: [(name: String, value: Variable)]) {
        for (name, value) in state where names[ObjectIdentifier(value)] == nil { names[ObjectIdentifier(value)] = name }
    }

    func name(of tensor: any ScriptObject) -> String {
        if let name = names[ObjectIdentifier(tensor)] { return name }
        let name = "recipe.\(others.count)"
        if let variable = tensor as? Variable { others.append((name, variable.value)) }
        names[ObjectIdentifier(tensor)] = name
        return name
    }
}
