import Scripting
import Tensors

struct Equal: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x == y ? 1 : 0 } }
struct NotEqual: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x != y ? 1 : 0 } }
/// Equal, or both NaN.
struct Same: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x == y || (x.isNaN && y.isNaN) ? 1 : 0 } }
struct Less: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x < y ? 1 : 0 } }
struct LessOrEqual: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x <= y ? 1 : 0 } }
struct Greater: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x > y ? 1 : 0 } }
struct GreaterOrEqual: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x >= y ? 1 : 0 } }

extension Variable {
    /// 1 where the comparison with a number holds, else 0: a constant, not recorded.
    func mask(_ comparison: some BinaryFunction, _ number: Double) throws -> Variable {
        Variable(try value.zip(Tensor(number, dtype.computing), comparison, for: "tensor.mask"))
    }
}

extension Operation {
    /// Comparisons give 0 and 1 and end the gradient's way.
    private static func comparison(_ name: String, _ sign: String, _ example: String, _ f: some BinaryFunction) -> Operation {
        binary(
            name, "1 where x \(sign) y, else 0, broadcast; never recorded. A comparison with NaN is \(sign == "~=" ? "true" : "false").",
            errors: "shapes that do not broadcast", source: "torch.\(name)", over: nil, example: example
        ) { x, y in Variable(try x.value.zip(y.value, f, for: "tensor.\(name)")) }
    }

    static let eq = comparison("eq", "==", "assert(tensor({1, 2}):eq(2):sum():item() == 1)", Equal())
    static let ne = comparison("ne", "~=", "assert(tensor({1, 2}):ne(2):sum():item() == 1)", NotEqual())
    static let lt = comparison("lt", "<", "assert(tensor({1, 2}):lt(2):sum():item() == 1)", Less())
    static let le = comparison("le", "<=", "assert(tensor({1, 2}):le(2):sum():item() == 2)", LessOrEqual())
    static let gt = comparison("gt", ">", "assert(tensor({1, 2}):gt(1):sum():item() == 1)", Greater())
    static let ge = comparison("ge", ">=", "assert(tensor({1, 2}):ge(1):sum():item() == 2)", GreaterOrEqual())
}
