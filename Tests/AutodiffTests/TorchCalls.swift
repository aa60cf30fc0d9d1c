import Autodiff
import LawChecks
import Scripting
import Tensors

/// Translates PyTorch's operation and attributes to a call of this library: the operation's name, and the arguments
/// that a script would pass.
func torchCall(_ op: String, _ inputs: [Variable], _ attributes: [String: TorchAttribute]) throws -> (
    name: String, arguments: [Value]
) {
    let tensors = inputs.map { Value.object($0) }
    let x = tensors.first ?? .none
    func value(_ key: String) -> Value { attributes[key]?.value ?? .none }
    func counted(_ key: String) -> Value { attributes[key]?.counted ?? .none }
    /// A table of options with those of the named attributes that are present; no argument when none is.
    func options(_ names: String...) -> [Value] {
        let present = names.compactMap { name in attributes[name].map { (key: name, value: $0.value) } }
        return present.isEmpty ? [] : [.table(SwiftTable(named: present))]
    }

    switch op {
    case "square": return ("pow", [x, .integer(2)])
    case "reciprocal": return ("div", [.integer(1), x])
    case "rsub": return ("sub", [value("scalar"), x])
    case "rdiv": return ("div", [value("scalar"), x])
    case "add", "sub", "mul", "div": return (op, attributes["scalar"] == nil ? tensors : [x, value("scalar")])
    case "pow": return (op, attributes["exponent"] == nil ? tensors : [x, value("exponent")])
    case "clamp": return (op, [x, value("min"), value("max")])
    case "masked_fill": return (op, tensors + [value("value")])
    case "sum", "mean", "logsumexp", "prod", "max", "min", "median", "argmax", "argmin", "softmax":
        return (op, attributes["keepdim"] == nil ? [x, counted("dim")] : [x, counted("dim"), value("keepdim")])
    case "cumsum", "cumprod", "log_softmax": return (op, [x, counted("dim")])
    case "quantile": return (op, [x, value("q"), counted("dim"), value("keepdim")] + options("interpolation"))
    case "scatter", "scatter_add":
        return (op, [x, counted("dim"), tensors[1], tensors.count > 2 ? tensors[2] : value("value")])
    case "einsum": return (op, [value("equation")] + tensors)
    case "meshgrid": return (op, tensors + options("indexing"))
    case "solve_triangular": return (op, tensors + options("upper", "left", "unitriangular"))
    case "pinv": return (op, [x, value("rcond")])
    case "var", "std": return (op, [x, counted("dim"), value("keepdim")] + options("correction"))
    case "norm": return (op, [x, attributes["p"]?.exponent ?? .none, counted("dim"), value("keepdim")])
    case "transpose": return (op, [x, counted("dim0"), counted("dim1")])
    case "permute", "flip": return (op, [x, counted("dims")])
    case "reshape", "view", "expand":
        return (op, [x, value("shape")])
    case "flatten": return (op, [x, counted("start_dim"), counted("end_dim")])
    case "squeeze", "unsqueeze": return (op, [x, counted("dim")])
    case "cat", "stack": return (op, [.sequence(tensors), counted("dim")])
    case "split": return (op, [x, value("size"), counted("dim")])
    case "chunk": return (op, [x, value("chunks"), counted("dim")])
    case "gather", "index_select": return (op, [x, counted("dim"), tensors[1]])
    case "sort": return (op, [x, counted("dim"), value("descending")])
    case "topk": return (op, [x, value("k"), counted("dim"), value("largest")])
    case "roll": return (op, [x, value("shifts"), counted("dims")])
    case "tril", "triu", "diag": return (op, [x, value("diagonal")])
    case "conv2d":
        return (op, tensors + (tensors.count == 2 ? [.none] : []) + options("stride", "padding", "dilation", "groups"))
    case "select": return ("[]", [x, counted("index")])
    case "slice":
        guard case .list(let ranges)? = attributes["ranges"] else {
            throw ScriptError("fixture", "slice without ranges")
        }
        return (
            "[]",
            [
                x,
                .sequence(
                    try ranges.map { range in
                        guard case .list(let ends) = range, ends.count == 2, case .number(let end) = ends[1] else {
                            throw ScriptError("fixture", "a range")
                        }
                        return .sequence([ends[0].counted, .number(end)])
                    }),
            ]
        )
    default: return (op, tensors)
    }
}
