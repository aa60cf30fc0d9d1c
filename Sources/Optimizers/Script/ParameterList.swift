import Autodiff
import Scripting
import Tensors

/// The parameters given to an optimiser.
enum ParameterList {
    case tensors([Variable])
    /// Tables `{params = {...}}` with options of their own.
    case groups([any ScriptTable])
}

extension Parameter<ParameterList> {
    /// The first argument of every optimiser.
    static var optimized: Parameter {
        .argument(
            "params", .optimized,
            """
            m:parameters() is such a table; groups {params = {...}, lr = ...} have options of their own; all tensors \
            become leaves that require gradients
            """)
    }

    static var errors: String {
        "a parameter that is not a leaf, is there twice or is stored in float16 (load float32 to train)"
    }
}

extension Domain<ParameterList> {
    fileprivate static var optimized: Domain {
        let expected = "a tensor, a table of tensors or a table of groups {params = {...}}"
        let type = ScriptType.either(Domain<[Variable]>.trained.type.choices + [.table])
        return Domain(type, expected: expected, show: { _ in "{}" }) { value in
            switch value {
            case .object(let object as Variable): return .tensors([object])
            case .table(let table):
                if case .none = try table.value(for: "params") {} else { return .groups([table]) }
                guard case .table = try table.value(at: 1) else {
                    return try Domain<[Variable]>.trained.read(value).map { .tensors($0) }
                }
                return .groups(
                    try table.sequence().enumerated().map { index, value in
                        guard case .table(let group) = value else {
                            throw Fault("group \(index + 1): a table {params = {...}} expected, got \(value.shown)")
                        }
                        return group
                    })
            default: return nil
            }
        }
    }
}

extension Domain<[Variable]> {
    /// A tensor, or a table of one or more.
    fileprivate static var trained: Domain {
        Domain.oneOrMore(.tensor).asking(for: "a tensor or a table of tensors").map { tensors in
            guard !tensors.isEmpty else { throw Fault("no parameters: a table {tensor, ...} expected") }
            return tensors
        }
    }
}

/// Parameters with settings of their own.
private struct ParameterGroup<Method: ElementwiseMethod> {
    var parameters: [Variable] = []
    var method = Method()

    static var options: OptionTable<ParameterGroup> {
        OptionTable({ ParameterGroup() },
            .option("params", \.parameters, .trained),
            .options(\.method, Method.options))
    }
}

extension ParameterList {
    /// Each group with its settings.
    /// - Parameter defaults: the settings for options that a group does not give.
    func groups<Method: ElementwiseMethod>(
        _ defaults: Method
    ) throws -> [(method: Method, parameters: [Variable])] {
        try defaults.check()
        switch self {
        case .tensors(let tensors): return [(defaults, tensors)]
        case .groups(let tables):
            return try tables.enumerated().map { index, table in
                do {
                    let group = try ParameterGroup<Method>.options.read(table, over: ParameterGroup(method: defaults))
                    guard !group.parameters.isEmpty else {
                        throw Fault("{params = {tensor, ...}} expected, got no params")
                    }
                    try group.method.check()
                    return (group.method, group.parameters)
                } catch let fault as Fault {
                    throw fault.inside("params", "group \(index + 1)")
                }
            }
        }
    }
}
