import Scripting
import Tensors

/// floor(x / y), exactly: the quotient of x minus the remainder, as in Python and PyTorch.
struct FloorQuotient: NumericBinaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T {
        if y == 0 { return x / y }
        let rest = x.truncatingRemainder(dividingBy: y)
        var quotient = (x - rest) / y
        if rest != 0, (rest < 0) != (y < 0) { quotient -= 1 }
        if quotient == 0 { return T(signOf: x / y, magnitudeOf: 0) }
        let below = quotient.rounded(.down)
        return quotient - below > 0.5 ? below + 1 : below
    }
    /// 0 where y is 0, which the caller refuses. The least integer over -1 wraps around.
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 {
        if y == 0 || y == -1 { return y == 0 ? 0 : 0 &- x }
        let (quotient, rest) = x.quotientAndRemainder(dividingBy: y)
        return rest != 0 && (rest < 0) != (y < 0) ? quotient - 1 : quotient
    }
}
/// x / y without its fraction, the integer that fmod subtracts, also where x / y rounds up to an integer.
struct TruncatedQuotient: NumericBinaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T {
        y == 0 ? x / y : ((x - x.truncatingRemainder(dividingBy: y)) / y).rounded()
    }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { y == 0 || y == -1 ? (y == 0 ? 0 : 0 &- x) : x / y }
}
/// The remainder of floor division, of y's sign.
struct FloorRemainder: NumericBinaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T {
        let rest = x.truncatingRemainder(dividingBy: y)
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
    }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 {
        if y == 0 || y == -1 { return 0 }
        let rest = x % y
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
    }
}
/// The remainder of division towards 0, of x's sign.
struct TruncatedRemainder: NumericBinaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x.truncatingRemainder(dividingBy: y) }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { y == 0 || y == -1 ? 0 : x % y }
}

extension Variable {
    /// floor(x / y); the gradient is 0.
    public func floorDivide(_ y: Variable) throws -> Variable {
        try flatQuotient(y, FloorQuotient(), "tensor.floor_divide")
    }

    /// x - y floor(x / y), which has y's sign.
    public func remainder(_ y: Variable) throws -> Variable {
        try remainder(y, FloorRemainder(), FloorQuotient(), "tensor.remainder")
    }

    /// x - y trunc(x / y), which has x's sign: C's fmod.
    public func fmod(_ y: Variable) throws -> Variable {
        try remainder(y, TruncatedRemainder(), TruncatedQuotient(), "tensor.fmod")
    }

    /// A quotient that is constant between its jumps: the gradient is 0.
    private func flatQuotient(_ y: Variable, _ quotient: some NumericBinaryFunction, _ operation: String) throws
        -> Variable
    {
        try checkDivisor(y, operation)
        return try .recorded(operation, self, y, value.combine(y.value, quotient, for: operation), keeps: .nothing) {
            call in
            try (0...1).map { Variable(try Tensor.zeros(call.inputs[$0].shape, call.inputs[$0].dtype.computing)) }
        }
    }

    private func remainder(
        _ y: Variable, _ rest: some NumericBinaryFunction, _ quotient: some NumericBinaryFunction, _ operation: String
    ) throws -> Variable {
        try checkDivisor(y, operation)
        return try .recorded(operation, self, y, value.combine(y.value, rest, for: operation)) { call in
            let (x, y) = (call.inputs[0], call.inputs[1])
            return [
                try call.gradient(of: 0) { call.cotangent },
                try call.gradient(of: 1) { try -(call.cotangent * x.flatQuotient(y, quotient, operation)) },
            ]
        }
    }

    /// Integers have no quotient by 0; floats have infinity or NaN.
    private func checkDivisor(_ y: Variable, _ operation: String) throws {
        guard !dtype.isFloating, !y.dtype.isFloating, value.count > 0, y.value.count > 0 else { return }
        let zeros = try y.value.compare(Tensor(0, .int64), Equal(), for: operation)
        guard try zeros.sum(Array(zeros.shape.indices)).item() > 0 else { return }
        throw ScriptError(
            operation,
            "\(dtype.joined(with: y.dtype).rawValue) division by zero; x:to(\"float32\") has infinity or NaN for it")
    }
}

extension Operation {
    private static let divisionErrors = "shapes that do not broadcast; int64 by 0"
    /// Ranges for the law tests in which the quotient does not jump: between 2 and 3.
    private static let between = (2.2...2.8, 0.95...1.05)

    static let floorDivide = binary(
        "floor_divide",
        """
        x // y: x / y rounded down, element by element and broadcast; types as in add, so that int64 stays exact. In \
        floats the quotient is that of x without the remainder, so that y * (x // y) + x % y is x. The gradient is 0.
        """,
        errors: divisionErrors, source: "torch.floor_divide", over: between,
        example: "assert((tensor({-7, 7}) // 2):tolist()[1] == -4)"
    ) { try $0.floorDivide($1) }

    static let remainder = binary(
        "remainder",
        """
        x % y: what x // y leaves of x, with the sign of y, as in Lua; element by element and broadcast. Types as in \
        add; NaN for a float y of 0.
        """,
        errors: divisionErrors, source: "torch.remainder", over: between,
        example: "assert((tensor({-7, 7}) % 4):tolist()[1] == 1)"
    ) { try $0.remainder($1) }

    static let fmod = binary(
        "fmod",
        """
        What division towards 0 leaves of x, with the sign of x, as in C: x - y * trunc(x / y), element by element and \
        broadcast. Types as in add; NaN for a float y of 0.
        """,
        errors: divisionErrors, source: "torch.fmod", over: between,
        example: "assert(tensor({-7, 7}):fmod(4):tolist()[1] == -3)"
    ) { try $0.fmod($1) }
}
