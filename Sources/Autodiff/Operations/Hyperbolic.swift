import Scripting
import Tensors

struct HyperbolicSine: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .sinh(x) } }
struct HyperbolicCosine: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .cosh(x) } }
struct AreaSine: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .asinh(x) } }
struct AreaCosine: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .acosh(x) } }
struct AreaTangent: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .atanh(x) } }

/// The derivative of asinh, 1 / sqrt(1 + x^2), also where the square overflows.
struct AreaSineSlope: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { 1 / .hypot(1, x) }
}
/// The derivative of acosh, 1 / sqrt(x^2 - 1), also where the square overflows; NaN outside the domain of acosh.
struct AreaCosineSlope: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { 1 / (T.sqrt(x - 1) * .sqrt(x + 1)) }
}
/// The derivative of atanh, 1 / (1 - x^2); computed as a product, 1 - x^2 keeps its digits near 1.
struct AreaTangentSlope: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { 1 / ((1 - x) * (1 + x)) }
}

extension Variable {
    /// (e^x - e^-x) / 2.
    public func sinh() throws -> Variable {
        try .recorded("tensor.sinh", self, value.map(HyperbolicSine())) { [try $0.cotangent * $0.inputs[0].cosh()] }
    }

    /// (e^x + e^-x) / 2.
    public func cosh() throws -> Variable {
        try .recorded("tensor.cosh", self, value.map(HyperbolicCosine())) { [try $0.cotangent * $0.inputs[0].sinh()] }
    }

    /// The inverse of the hyperbolic sine.
    public func asinh() throws -> Variable {
        try .recorded("tensor.asinh", self, value.map(AreaSine())) { [try $0.cotangent * $0.inputs[0].areaSineSlope()] }
    }

    /// The inverse of the hyperbolic cosine, from 0 on; NaN below 1.
    public func acosh() throws -> Variable {
        try .recorded("tensor.acosh", self, value.map(AreaCosine())) {
            [try $0.cotangent * $0.inputs[0].areaCosineSlope()]
        }
    }

    /// The inverse of the hyperbolic tangent; NaN outside [-1, 1].
    public func atanh() throws -> Variable {
        try .recorded("tensor.atanh", self, value.map(AreaTangent())) {
            [try $0.cotangent * $0.inputs[0].areaTangentSlope()]
        }
    }

    private func areaSineSlope() throws -> Variable {
        try .recorded("tensor.asinh", self, value.map(AreaSineSlope())) { call in
            let slope = try call.inputs[0].areaSineSlope()
            // x s is at most 1, while x^2 may overflow.
            return [try -(call.cotangent * (call.inputs[0] * slope) * slope * slope)]
        }
    }

    private func areaCosineSlope() throws -> Variable {
        try .recorded("tensor.acosh", self, value.map(AreaCosineSlope())) { call in
            let slope = try call.inputs[0].areaCosineSlope()
            return [try -(call.cotangent * (call.inputs[0] * slope) * slope * slope)]
        }
    }

    private func areaTangentSlope() throws -> Variable {
        try .recorded("tensor.atanh", self, value.map(AreaTangentSlope())) { call in
            let slope = try call.inputs[0].areaTangentSlope()
            return [try call.cotangent * (call.inputs[0] * slope) * slope * 2]
        }
    }
}

extension Operation {
    static let sinh = unary(
        "sinh", "The hyperbolic sine, (e^x - e^-x) / 2.", source: "torch.sinh",
        example: "assert(tensor({0}):sinh()[{1}] == 0)"
    ) { try $0.sinh() }

    static let cosh = unary(
        "cosh", "The hyperbolic cosine, (e^x + e^-x) / 2.", source: "torch.cosh",
        example: "assert(tensor({0}):cosh()[{1}] == 1)"
    ) { try $0.cosh() }

    static let asinh = unary(
        "asinh", "The inverse of sinh, log(x + sqrt(x^2 + 1)).", source: "torch.asinh",
        example: "assert(tensor({0}):asinh()[{1}] == 0)"
    ) { try $0.asinh() }

    static let acosh = unary(
        "acosh", "The inverse of cosh, log(x + sqrt(x^2 - 1)); NaN below 1.", source: "torch.acosh", over: [1.3...3],
        inPlaceOf: "1.5",
        example: "assert(tensor({1}):acosh()[{1}] == 0)"
    ) { try $0.acosh() }

    static let atanh = unary(
        "atanh", "The inverse of tanh, log((1 + x) / (1 - x)) / 2; infinite at -1 and 1, NaN outside.",
        source: "torch.atanh", over: [-0.9...0.9], example: "assert(tensor({0}):atanh()[{1}] == 0)"
    ) { try $0.atanh() }
}
