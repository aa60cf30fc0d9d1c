import Scripting
import Tensors

struct Add: BinaryFunction { @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x + y } }
struct Subtract: BinaryFunction { @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x - y } }
struct Multiply: BinaryFunction { @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x * y } }
struct Divide: BinaryFunction { @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x / y } }
struct Power: BinaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T {
        // The squares that scripts write, without a call; and C's pow, which takes negative bases.
        if y == 2 { return x * x }
        if y == 1 { return x }
        if y == 3 { return x * x * x }
        return T(libmPower(Double(x), Double(y)))
    }
}
/// 1 where 1 / x is infinite or NaN.
struct HasNoReciprocal: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { (1 / x).isFinite ? 0 : 1 } }
struct Negate: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { -x } }

extension Variable {
    /// x + y, broadcast by NumPy's rules; mixed types promote to float64.
    public static func + (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.add", [x, y], x.value.zip(y.value, Add(), for: "tensor.add"), keeps: .nothing) { call in
            [try call.flow(to: 0) { call.cotangent }, try call.flow(to: 1) { call.cotangent }]
        }
    }

    /// x - y, broadcast.
    public static func - (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.sub", [x, y], x.value.zip(y.value, Subtract(), for: "tensor.sub"), keeps: .nothing) { call in
            [try call.flow(to: 0) { call.cotangent }, try call.flow(to: 1) { try -call.cotangent }]
        }
    }

    /// x * y element by element, broadcast.
    public static func * (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.mul", [x, y], x.value.zip(y.value, Multiply(), for: "tensor.mul"), keeps: .factors) { call in
            [
                try call.flow(to: 0) { try call.cotangent * call.inputs[1] },
                try call.flow(to: 1) { try call.cotangent * call.inputs[0] },
            ]
        }
    }

    /// x / y element by element, broadcast.
    public static func / (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.div", [x, y], x.value.zip(y.value, Divide(), for: "tensor.div"), keeps: [.factors, .divisor]) { call in
            let (x, y) = (call.inputs[0], call.inputs[1])
            return [
                try call.flow(to: 0) { try call.cotangent / y },
                try call.flow(to: 1) { try -(call.cotangent * (x / y) / y) },
            ]
        }
    }

    /// -x.
    public static prefix func - (x: Variable) throws -> Variable {
        try .recorded("tensor.neg", [x], x.value.map(Negate()), keeps: .nothing) { [try -$0.cotangent] }
    }

    /// x ^ y. The gradient with respect to y is 0 where x is 0 and y is not below it, as in PyTorch.
    public func pow(_ exponent: Variable) throws -> Variable {
        try .recorded("tensor.pow", [self, exponent], value.zip(exponent.value, Power(), for: "tensor.pow")) { call in
            let (x, y) = (call.inputs[0], call.inputs[1])
            return [
                try call.flow(to: 0) {
                    // x ^ 0 is 1 for every x: where 0 x ^ -1 would be 0 times infinity (or NaN), another exponent keeps that out
                    // of derivatives of any order.
                    let flat = try y.mask(Equal(), 0) * Variable(x.value.map(HasNoReciprocal()))
                    return try call.cotangent * (y * x.pow(y.masked(where: flat, 1) - 1))
                },
                try call.flow(to: 1) {
                    let flat = try x.mask(Equal(), 0) * y.mask(GreaterOrEqual(), 0)
                    return try call.cotangent * x.pow(y) * x.masked(where: flat, 1).log()
                },
            ]
        }
    }

    /// The sum with a number, which takes the tensor's dtype.
    public static func + (x: Variable, y: Double) throws -> Variable { try x + x.constant(y) }
    /// The difference with a number, which takes the tensor's dtype.
    public static func - (x: Variable, y: Double) throws -> Variable { try x - x.constant(y) }
    /// The product with a number, which takes the tensor's dtype.
    public static func * (x: Variable, y: Double) throws -> Variable { try x * x.constant(y) }
    /// The quotient with a number, which takes the tensor's dtype.
    public static func / (x: Variable, y: Double) throws -> Variable { try x / x.constant(y) }
    /// The sum with a number, which takes the tensor's dtype.
    public static func + (x: Double, y: Variable) throws -> Variable { try y.constant(x) + y }
    /// The difference with a number, which takes the tensor's dtype.
    public static func - (x: Double, y: Variable) throws -> Variable { try y.constant(x) - y }
    /// The product with a number, which takes the tensor's dtype.
    public static func * (x: Double, y: Variable) throws -> Variable { try y.constant(x) * y }
    /// The quotient with a number, which takes the tensor's dtype.
    public static func / (x: Double, y: Variable) throws -> Variable { try y.constant(x) / y }
    /// x to the power of a number.
    public func pow(_ exponent: Double) throws -> Variable { try pow(constant(exponent)) }

    /// A number as a tensor of no dimension in this one's dtype.
    public func constant(_ number: Double) throws -> Variable { Variable(try Tensor(number, dtype.computing)) }
}

extension GradientRule.Call {
    /// The cotangent of one input, summed back over the axes along which it was broadcast; nil when not wanted.
    func flow(to input: Int, _ cotangent: () throws -> Variable) throws -> Variable? {
        wanted[input] ? try cotangent().summed(to: inputs[input].shape) : nil
    }
}

extension Operation {
    static let add = binary("add", "x + y, broadcast.", errors: "shapes that do not broadcast", source: "torch.add", example: "assert((tensor({1, 2}) + 1):tolist()[2] == 3)") { try $0 + $1 }
    static let sub = binary("sub", "x - y, broadcast.", errors: "shapes that do not broadcast", source: "torch.sub", example: "assert((3 - tensor({1, 2})):tolist()[1] == 2)") { try $0 - $1 }
    static let mul = binary("mul", "x * y element by element, broadcast.", errors: "shapes that do not broadcast", source: "torch.mul", example: "assert((tensor({1, 2}) * tensor({3, 4})):sum():item() == 11)") { try $0 * $1 }
    static let div = binary("div", "x / y element by element, broadcast; division by 0 gives infinity or NaN.", errors: "shapes that do not broadcast", source: "torch.div", over: (-2...2, 0.5...2), example: "assert((tensor({6, 8}) / 2):tolist()[2] == 4)") { try $0 / $1 }
    static let pow = binary("pow", "x ^ y element by element; NaN for a negative x and a y that is not whole.", errors: "shapes that do not broadcast", source: "torch.pow", over: (0.5...2, -2...3), example: "assert((tensor({2, 3}) ^ 2):tolist()[2] == 9)") { try $0.pow($1) }
    static let neg = unary("neg", "-x.", source: "torch.neg", example: "assert((-tensor({2}))[{1}] == -2)") { try -$0 }
}
