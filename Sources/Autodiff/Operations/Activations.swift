import Scripting
import Tensors

/// 1 / (1 + e^-x) without overflow: the exponential is only taken of a negative number.
struct Sigmoid: UnaryFunction {
    static var vectorized: VectorFunction? { .sigmoid }
    func callAsFunction<T: TensorElement>(_ x: T) -> T {
        let e = T.exp(-abs(x))
        return x < 0 ? e / (1 + e) : 1 / (1 + e)
    }
}
/// The derivative of the sigmoid, s(x) s(-x), which, unlike s (1 - s), is not 0 where s rounds to 1.
struct SigmoidSlope: UnaryFunction {
    static var vectorized: VectorFunction? { .sigmoidSlope }
    func callAsFunction<T: TensorElement>(_ x: T) -> T {
        let e = T.exp(-abs(x))
        return e / ((1 + e) * (1 + e))
    }
}
/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which neither overflows nor loses small values.
struct Softplus: UnaryFunction {
    static var vectorized: VectorFunction? { .softplus }
    func callAsFunction<T: TensorElement>(_ x: T) -> T {
        if x.isNaN { return x }
        let e = T.exp(-abs(x))
        // log(1 + e) to full precision without the slow log1p: the rounding error of 1 + e is corrected by a division
        // (Kahan's trick, HP-15C Advanced Functions Handbook, 1982).
        let sum = 1 + e
        return max(x, 0) + (sum == 1 ? e : .log(sum) * (e / (sum - 1)))
    }
}
/// max(x, 0); NaN stays NaN.
struct Rectify: NumericUnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x < 0 ? 0 : x }
    func callAsFunction(_ x: Int64) -> Int64 { max(x, 0) }
}
struct Erf: UnaryFunction {
    static var vectorized: VectorFunction? { .erf }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { .erf(x) }
}

extension Variable {
    /// 1 / (1 + e^-x), element by element.
    public func sigmoid() throws -> Variable {
        try .recorded("tensor.sigmoid", self, value.map(Sigmoid())) { [try $0.cotangent * $0.inputs[0].sigmoidSlope()] }
    }

    private func sigmoidSlope() throws -> Variable {
        try .recorded("tensor.sigmoid", self, value.map(SigmoidSlope())) { call in
            // The second derivative over the first: s(-x) - s(x) = -tanh(x / 2).
            let x = call.inputs[0]
            return [try -(call.cotangent * x.sigmoidSlope() * (x * 0.5).tanh())]
        }
    }

    /// log(1 + e^x), accurate for large |x|.
    public func softplus() throws -> Variable {
        try .recorded("tensor.softplus", self, value.map(Softplus())) { [try $0.cotangent * $0.inputs[0].sigmoid()] }
    }

    /// max(x, 0); the gradient at 0 is 0.
    public func relu() throws -> Variable {
        try .recorded("tensor.relu", self, value.transform(Rectify())) {
            [try $0.cotangent.passed(by: $0.inputs[0], "tensor.relu")]
        }
    }

    /// self where x is above 0 (or NaN), else 0: the cotangent that ReLU passes back. Linear in self.
    func passed(by x: Variable, _ operation: String) throws -> Variable {
        let x = x.value
        return try .recorded(operation, self, value.zip(x, Passed(), for: operation), keeps: .nothing, reading: [x]) {
            call in
            [try call.cotangent.passed(by: Variable(x), operation)]
        }
    }

    /// The error function.
    public func erf() throws -> Variable {
        try .recorded("tensor.erf", self, value.map(Erf())) { call in
            let x = call.inputs[0]
            return [try call.cotangent * (-(x * x)).exp() * (2 / Double.pi.squareRoot())]
        }
    }
}

extension Operation {
    static let sigmoid = unary(
        "sigmoid", "1 / (1 + e^-x), without overflow.", source: "torch.sigmoid",
        example: "assert(tensor({0}):sigmoid()[{1}] == 0.5)"
    ) { try $0.sigmoid() }

    static let softplus = unary(
        "softplus", "log(1 + e^x), right for large |x|: softplus(400) is 400, softplus(-400) about e^-400.",
        source: "torch.nn.functional.softplus", example: "assert(tensor({400}):softplus()[{1}] == 400)"
    ) { try $0.softplus() }

    static let relu = unary(
        "relu", "max(x, 0); the gradient at 0 is 0.", source: "torch.relu", over: [0.3...2, -2 ... -0.3],
        example: "assert(tensor({-1, 2}):relu():sum():item() == 2)"
    ) { try $0.relu() }

    static let erf = unary(
        "erf", "The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.", source: "torch.erf",
        example: "assert(tensor({0}):erf()[{1}] == 0)"
    ) { try $0.erf() }
}
