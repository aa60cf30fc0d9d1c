import Scripting
import Tensors

struct Exp: UnaryFunction {
    static var vectorized: VectorFunction? { .exp }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .exp(x) }
}
struct Log: UnaryFunction {
    static var vectorized: VectorFunction? { .log }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .log(x) }
}
struct Log1p: UnaryFunction {
    static var vectorized: VectorFunction? { .log1p }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .log(onePlus: x) }
}
struct Expm1: UnaryFunction {
    static var vectorized: VectorFunction? { .expm1 }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .expMinusOne(x) }
}
struct SquareRoot: UnaryFunction {
    static var vectorized: VectorFunction? { .sqrt }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .sqrt(x) }
}

extension Variable {
    /// e^x.
    public func exp() throws -> Variable {
        try .recorded("tensor.exp", self, value.map(Exp()), keeps: .outputs) { [try $0.cotangent * $0.outputs[0]] }
    }

    /// The natural logarithm.
    public func log() throws -> Variable {
        try .recorded("tensor.log", self, value.map(Log())) { [try $0.cotangent / $0.inputs[0]] }
    }

    /// log(1 + x), accurate for small x.
    public func log1p() throws -> Variable {
        try .recorded("tensor.log1p", self, value.map(Log1p())) { [try $0.cotangent / ($0.inputs[0] + 1)] }
    }

    /// e^x - 1, accurate for small x.
    public func expm1() throws -> Variable {
        // e^x, not the result plus 1, which is 0 where the result rounds to -1.
        try .recorded("tensor.expm1", self, value.map(Expm1())) { [try $0.cotangent * $0.inputs[0].exp()] }
    }

    /// The square root; NaN below 0.
    public func sqrt() throws -> Variable {
        try .recorded("tensor.sqrt", self, value.map(SquareRoot()), keeps: .outputs) {
            [try $0.cotangent / ($0.outputs[0] * 2)]
        }
    }
}

extension Operation {
    static let exp = unary(
        "exp", "e ^ x.", source: "torch.exp", example: "assert(tensor({0}):exp()[{1}] == 1)"
    ) { try $0.exp() }

    static let log = unary(
        "log", "The natural logarithm; -inf at 0, NaN below.", source: "torch.log", over: [0.2...3],
        example: "assert(tensor({1}):log()[{1}] == 0)"
    ) { try $0.log() }

    static let log1p = unary(
        "log1p", "log(1 + x), right for small x.", source: "torch.log1p", over: [-0.5...3],
        example: "assert(tensor({0}):log1p()[{1}] == 0)"
    ) { try $0.log1p() }

    static let expm1 = unary(
        "expm1", "e ^ x - 1, right for small x.", source: "torch.expm1",
        example: "assert(tensor({0}):expm1()[{1}] == 0)"
    ) { try $0.expm1() }

    static let sqrt = unary(
        "sqrt", "The square root; NaN below 0.", source: "torch.sqrt", over: [0.2...3],
        example: "assert(tensor({9}):sqrt()[{1}] == 3)"
    ) { try $0.sqrt() }
}
