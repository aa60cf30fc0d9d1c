import Scripting
import Tensors

struct Sine: UnaryFunction {
    static var vectorized: VectorFunction? { .sin }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .sin(x) }
}
struct Cosine: UnaryFunction {
    static var vectorized: VectorFunction? { .cos }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .cos(x) }
}
struct Tangent: UnaryFunction {
    static var vectorized: VectorFunction? { .tan }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .tan(x) }
}
struct HyperbolicTangent: UnaryFunction {
    static var vectorized: VectorFunction? { .tanh }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .tanh(x) }
}
/// The derivative of tanh, 1 / cosh^2, which, unlike 1 - tanh^2, is not 0 where tanh rounds to 1.
struct HyperbolicTangentSlope: UnaryFunction {
    static var vectorized: VectorFunction? { .tanhSlope }
    func callAsFunction<T: TensorElement>(_ x: T) -> T {
        let e = T.exp(-2 * abs(x))
        return 4 * e / ((1 + e) * (1 + e))
    }
}

extension Variable {
    /// The sine of radians.
    public func sin() throws -> Variable {
        try .recorded("tensor.sin", self, value.map(Sine())) { [try $0.cotangent * $0.inputs[0].cos()] }
    }

    /// The cosine of radians.
    public func cos() throws -> Variable {
        try .recorded("tensor.cos", self, value.map(Cosine())) { [try -($0.cotangent * $0.inputs[0].sin())] }
    }

    /// The tangent of radians.
    public func tan() throws -> Variable {
        try .recorded("tensor.tan", self, value.map(Tangent()), keeps: .outputs) {
            [try $0.cotangent * ($0.outputs[0] * $0.outputs[0] + 1)]
        }
    }

    /// The hyperbolic tangent.
    public func tanh() throws -> Variable {
        try .recorded("tensor.tanh", self, value.map(HyperbolicTangent())) {
            [try $0.cotangent * $0.inputs[0].tanhSlope()]
        }
    }

    private func tanhSlope() throws -> Variable {
        try .recorded("tensor.tanh", self, value.map(HyperbolicTangentSlope())) { call in
            let x = call.inputs[0]
            return [try -(call.cotangent * x.tanhSlope() * x.tanh() * 2)]
        }
    }
}

extension Operation {
    static let sin = unary(
        "sin", "The sine of x in radians.", source: "torch.sin", example: "assert(tensor({0}):sin()[{1}] == 0)"
    ) { try $0.sin() }

    static let cos = unary(
        "cos", "The cosine of x in radians.", source: "torch.cos", example: "assert(tensor({0}):cos()[{1}] == 1)"
    ) { try $0.cos() }

    static let tan = unary(
        "tan", "The tangent of x in radians.", source: "torch.tan", over: [-1...1],
        example: "assert(tensor({0}):tan()[{1}] == 0)"
    ) { try $0.tan() }

    static let tanh = unary(
        "tanh", "The hyperbolic tangent.", source: "torch.tanh", example: "assert(tensor({0}):tanh()[{1}] == 0)"
    ) { try $0.tanh() }
}
