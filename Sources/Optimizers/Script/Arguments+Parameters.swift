import Autodiff
import Scripting
import Tensors

/// How every optimiser's documentation speaks of its first argument.
let parametersText =
    "params is a tensor, a table of tensors such as m:parameters(), or a table of groups {params = {...}, lr = ...} with options of their own; all become leaves that require gradients."
let parametersErrors =
    "a parameter that is not a leaf, is there twice or is stored in float16 (load float32 to train); an unknown option"

extension Arguments {
    /// Parameters and the options of their group; nil where they have none of their own.
    struct ParameterGroup {
        let parameters: [Variable]
        let options: Options?
    }

    /// A tensor, a table of tensors, a group or a table of groups.
    func parameterGroups(_ position: Int, _ known: [String]) throws -> [ParameterGroup] {
        if case .object(let object) = self[position], let variable = object as? Variable {
            return [ParameterGroup(parameters: [variable], options: nil)]
        }
        guard case .table(let table) = self[position] else {
            throw error(position, "params", expected: "a tensor, a table of tensors or a table of groups {params = {...}}")
        }
        if case .none = try table.value(for: "params") {} else { return [try group(table, position, "params", known)] }
        guard case .table = try table.value(at: 1) else {
            return [ParameterGroup(parameters: try tensors(table, position, "params"), options: nil)]
        }
        return try table.elements().enumerated().map { index, value in
            guard case .table(let inner) = value else {
                throw error("argument \(position) (params): group \(index + 1): a table {params = {...}} expected, got \(value.shown)")
            }
            return try group(inner, position, "params: group \(index + 1)", known)
        }
    }

    private func group(_ table: any ScriptTable, _ position: Int, _ name: String, _ known: [String]) throws -> ParameterGroup {
        let options = try Options(function: function, table: table, known: ["params"] + known)
        switch options["params"] {
        case .object(let object as Variable): return ParameterGroup(parameters: [object], options: options)
        case .table(let inner): return ParameterGroup(parameters: try tensors(inner, position, name), options: options)
        default: throw error("argument \(position) (\(name)): {params = {tensor, ...}} expected, got params = \(options["params"].shown)")
        }
    }

    private func tensors(_ table: any ScriptTable, _ position: Int, _ name: String) throws -> [Variable] {
        guard try table.count > 0 else { throw error("argument \(position) (\(name)): no parameters: a table {tensor, ...} expected") }
        return try table.elements().enumerated().map { index, value in
            guard case .object(let object) = value, let variable = object as? Variable else {
                throw error("argument \(position) (\(name)): element \(index + 1): a tensor expected, got \(value.shown)")
            }
            return variable
        }
    }

    /// The receiver of an optimiser's method.
    func optimizer() throws -> any Optimizer {
        guard case .object(let object) = self[1], let optimizer = object as? any Optimizer else {
            throw error(1, "self", expected: "an optimizer")
        }
        return optimizer
    }
}
