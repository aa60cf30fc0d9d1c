import Scripting
import Tensors

struct Arcsine: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .asin(x) } }
struct Arccosine: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .acos(x) } }
struct Arctangent: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { .atan(x) } }
struct Angle: BinaryFunction { func callAsFunction<T: TensorElement>(_ y: T, _ x: T) -> T { .atan2(y: y, x: x) } }

/// The derivative of the arcsine, 1 / sqrt(1 - x^2); computed as a product, 1 - x^2 keeps its digits near 1.
struct ArcsineSlope: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { 1 / .sqrt((1 - x) * (1 + x)) }
}
/// The derivative of the arctangent.
struct ArctangentSlope: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { 1 / (1 + x * x) }
}
/// x / (x^2 + y^2), the derivative of the angle of (x, y) by y, without squares that over- or underflow; 0 at the
/// origin, where the derivative does not exist, as in PyTorch.
struct AngleSlope: BinaryFunction {
    func callAsFunction<T: TensorElement>(_ y: T, _ x: T) -> T {
        let length = T.hypot(x, y)
        return length == 0 ? 0 : x / length / length
    }
}

extension Variable {
    /// The angle in [-pi/2, pi/2] whose sine this is; NaN outside [-1, 1].
    public func asin() throws -> Variable {
        try .recorded("tensor.asin", self, value.map(Arcsine())) { [try $0.cotangent * $0.inputs[0].arcsineSlope()] }
    }

    /// The angle in [0, pi] whose cosine this is; NaN outside [-1, 1].
    public func acos() throws -> Variable {
        try .recorded("tensor.acos", self, value.map(Arccosine())) {
            [try -($0.cotangent * $0.inputs[0].arcsineSlope())]
        }
    }

    /// The angle in (-pi/2, pi/2) whose tangent this is.
    public func atan() throws -> Variable {
        try .recorded("tensor.atan", self, value.map(Arctangent())) {
            [try $0.cotangent * $0.inputs[0].arctangentSlope()]
        }
    }

    private func arcsineSlope() throws -> Variable {
        try .recorded("tensor.asin", self, value.map(ArcsineSlope())) { call in
            let slope = try call.inputs[0].arcsineSlope()
            return [try call.cotangent * call.inputs[0] * slope * slope * slope]
        }
    }

    private func arctangentSlope() throws -> Variable {
        try .recorded("tensor.atan", self, value.map(ArctangentSlope())) { call in
            let slope = try call.inputs[0].arctangentSlope()
            return [try call.cotangent * call.inputs[0] * slope * slope * -2]
        }
    }

    /// The angle in [-pi, pi] from the x axis to the point (x, y); self is y.
    public func atan2(_ x: Variable) throws -> Variable {
        let operation = "tensor.atan2"
        return try .recorded(operation, self, x, value.zip(x.value, Angle(), for: operation)) { call in
            let (y, x) = (call.inputs[0], call.inputs[1])
            return [
                try call.gradient(of: 0) { try call.cotangent * y.angleSlope(x) },
                try call.gradient(of: 1) { try -(call.cotangent * x.angleSlope(y)) },
            ]
        }
    }

    /// s(y, x) = x / (x^2 + y^2); self is y. Its derivatives are s(x, y)^2 - s(y, x)^2 by x and -2 s(y, x) s(x, y) by
    /// y.
    private func angleSlope(_ x: Variable) throws -> Variable {
        let operation = "tensor.atan2"
        return try .recorded(operation, self, x, value.zip(x.value, AngleSlope(), for: operation)) { call in
            let (own, other) = (
                try call.inputs[0].angleSlope(call.inputs[1]), try call.inputs[1].angleSlope(call.inputs[0])
            )
            return [
                try call.gradient(of: 0) { try call.cotangent * own * other * -2 },
                try call.gradient(of: 1) { try call.cotangent * (other * other - own * own) },
            ]
        }
    }
}

extension Operation {
    static let asin = unary(
        "asin", "The angle in [-pi/2, pi/2], in radians, whose sine is x; NaN outside [-1, 1].", source: "torch.asin",
        over: [-0.9...0.9], example: "assert(tensor({0}):asin()[{1}] == 0)"
    ) { try $0.asin() }

    static let acos = unary(
        "acos", "The angle in [0, pi], in radians, whose cosine is x; NaN outside [-1, 1].", source: "torch.acos",
        over: [-0.9...0.9], example: "assert(tensor({1}):acos()[{1}] == 0)"
    ) { try $0.acos() }

    static let atan = unary(
        "atan", "The angle in (-pi/2, pi/2), in radians, whose tangent is x. y:atan2(x) knows all four quadrants.",
        source: "torch.atan", example: "assert(tensor({0}):atan()[{1}] == 0)"
    ) { try $0.atan() }

    static let atan2 = binary(
        "atan2",
        """
        y:atan2(x) is the angle in [-pi, pi], in radians, from the x axis to the point (x, y), broadcast. The first \
        argument is y, as in PyTorch. The gradient at the origin is 0.
        """,
        source: "torch.atan2", over: (0.3...2, -2...2),
        example: "assert(math.abs(tensor({1}):atan2(tensor({-1}))[{1}] - 3 * math.pi / 4) < 1e-6)"
    ) { try $0.atan2($1) }
}
