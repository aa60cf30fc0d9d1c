import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// A float64 tensor, by default a vector.
func vector(_ values: Double..., shape: [Int]? = nil, dtype: DType = .float64) throws -> Variable {
    Variable(try Tensor(values, shape: shape ?? [values.count], dtype))
}

/// A leaf that requires a gradient.
func leaf(_ values: Double..., shape: [Int]? = nil, dtype: DType = .float64) throws -> Variable {
    let leaf = Variable(try Tensor(values, shape: shape ?? [values.count], dtype))
    try leaf.setRequiresGrad(true)
    return leaf
}

/// The leaf's accumulated gradient as numbers; nil where it has none.
func gradient(_ leaf: Variable) throws -> [Double]? { try leaf.grad?.value.toArray() }

extension Variable {
    /// Calls an in-place method or an index operator as a script does.
    func call(_ method: String, _ arguments: Value...) throws -> [Value] { try call(method, arguments) }

    func call(_ method: String, _ arguments: [Value]) throws -> [Value] {
        guard let type = TensorModule().types.first(where: { $0.type == Variable.type }) else {
            throw ScriptError("test", "no tensor type")
        }
        let function: NativeFunction? =
            switch method {
            case "[]": type.operators[.index]
            case "[]=": type.operators[.newindex]
            case "tostring": type.operators[.describe]
            default: type.methods.first { $0.shortName == method }
            }
        guard let function else { throw ScriptError("test", "no method \(method)") }
        return try function.call([.object(self)] + arguments)
    }

    /// `x[i] = v`.
    func assign(_ index: Value, _ value: Value) throws { _ = try call("[]=", index, value) }

    /// `x[i]`.
    func at(_ index: Value) throws -> Variable {
        guard case .object(let object as Variable)? = try call("[]", index).first else {
            throw ScriptError("test", "not a tensor")
        }
        return object
    }
}

/// The message of the ScriptError that `body` throws; nil when it throws none.
func message(_ body: () throws -> Void) throws -> String? {
    do {
        try body()
        return nil
    } catch let error as ScriptError {
        return error.description
    }
}
