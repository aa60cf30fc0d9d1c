import Scripting
import Tensors

/// The larger (smaller) of two; NaN if either is.
struct Larger: NumericBinaryFunction {
    static var vectorized: VectorPair? { .larger }
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x > y || x.isNaN ? x : y }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { max(x, y) }
}
struct Smaller: NumericBinaryFunction {
    static var vectorized: VectorPair? { .smaller }
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x < y || x.isNaN ? x : y }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { min(x, y) }
}

/// min(max(x, lo), hi); NaN stays NaN, and a bound that is NaN makes all NaN.
struct Clamp: UnaryFunction {
    private let low: Double
    private let high: Double

    init(low: Double, high: Double) {
        let isOrdered = !low.isNaN && !high.isNaN
        (self.low, self.high) = isOrdered ? (low, high) : (.nan, .nan)
    }

    @inline(__always)
    func callAsFunction<T: TensorElement>(_ x: T) -> T {
        let (low, high) = (T(low), T(high))
        // Comparisons are written so that a bound of NaN makes every element NaN.
        let raised = x >= low || x.isNaN ? x : low
        return raised <= high || raised.isNaN ? raised : high
    }
}

extension Variable {
    /// The larger of two, element by element, broadcast.
    public func maximum(_ other: Variable) throws -> Variable {
        try extreme(other, "tensor.maximum", Larger(), loses: Less())
    }
    /// The smaller of two, element by element, broadcast.
    public func minimum(_ other: Variable) throws -> Variable {
        try extreme(other, "tensor.minimum", Smaller(), loses: Greater())
    }

    /// The gradient goes to the chosen element; ties share it equally, as in PyTorch.
    private func extreme(
        _ other: Variable, _ operation: String, _ choice: some NumericBinaryFunction, loses: some Comparison
    ) throws -> Variable {
        // One of the two is chosen, so bool stays bool.
        let chosen = try value.combine(other.value, choice, for: operation).cast(dtype.joined(with: other.dtype))
        return try .recorded(operation, self, other, chosen) { call in
            let (x, y) = (call.inputs[0].value, call.inputs[1].value)
            let tie = Variable(try x.compare(y, Equal(), for: operation))
            let shared = try (call.cotangent * 0.5).choose(tie, call.cotangent)
            return [
                try call.gradient(of: 0) { try shared.masked(where: Variable(x.compare(y, loses, for: operation)), 0) },
                try call.gradient(of: 1) { try shared.masked(where: Variable(y.compare(x, loses, for: operation)), 0) },
            ]
        }
    }

    /// x kept within [low, high]; either may be infinite. The gradient is 1 inside, bounds included, and 0 outside.
    public func clamp(_ low: Double, _ high: Double) throws -> Variable {
        try .recorded("tensor.clamp", self, value.map(Clamp(low: low, high: high))) { call in
            let x = call.inputs[0]
            return [try call.cotangent.kept(where: x.mask(GreaterOrEqual(), low) * x.mask(LessOrEqual(), high))]
        }
    }

    /// `self` where the mask is not 0, else `other`.
    public func choose(_ mask: Variable, _ other: Variable) throws -> Variable {
        let chosen = try value.choose(mask.value, other.value)
        let constant = Variable(mask.value)
        return try .recorded("tensor.where", [self, other], chosen, keeps: .nothing, reading: [mask.value]) { call in
            let zero = try call.cotangent.constant(0)
            return [
                try call.gradient(of: 0) { try call.cotangent.choose(constant, zero) },
                try call.gradient(of: 1) { try zero.choose(constant, call.cotangent) },
            ]
        }
    }

    /// `self` where the mask is not 0, else 0; unlike a product with the mask also where self is infinite.
    package func kept(where mask: Variable) throws -> Variable { try choose(mask, zero) }

    /// A number where the mask is not 0, else `self`.
    func masked(where mask: Variable, _ number: Double) throws -> Variable {
        try (number == 0 ? zero : constant(number)).choose(mask, self)
    }
}

extension Operation {
    static let maximum = binary(
        "maximum", "The larger element, broadcast; ties share the gradient.", source: "torch.maximum",
        over: (0...1, 2...3), example: "assert(tensor({1, 5}):maximum(3):sum():item() == 8)"
    ) { try $0.maximum($1) }

    static let minimum = binary(
        "minimum", "The smaller element, broadcast; ties share the gradient.", source: "torch.minimum",
        over: (0...1, 2...3), example: "assert(tensor({1, 5}):minimum(3):sum():item() == 4)"
    ) { try $0.minimum($1) }

    static let clamp = Operation(
        Declaration(
            "tensor.clamp",
            """
            Every element raised to min, then lowered to max. Without one of the bounds only the other acts. The \
            gradient is 1 inside, 0 outside; at a bound it is 1, or shared equally with a bound that is a tensor.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .argument("min", .optional(.tensorOrNumber), "a number, or a tensor broadcast to x"),
            .argument("max", .optional(.tensorOrNumber), "a number, or a tensor broadcast to x"), returns: .tensor,
            errors: "no bound at all; shapes that do not broadcast", source: "torch.clamp",
            example: "assert(tensor({-1, 0.5, 2}):clamp(0, 1):sum():item() == 1.5)"
        ) { x, low, high in
            if low == nil, high == nil { throw Fault("give a lower bound, an upper bound or both") }
            if x.dtype.isFloating, let low = number(low, orElse: -.infinity),
                let high = number(high, orElse: .infinity)
            {
                return try x.clamp(low, high)
            }
            // With tensor or integer bounds: by maximum and minimum.
            let raised = try low.map { try $0.variable(beside: x.dtype).maximum(x) } ?? x
            return try high.map { try $0.variable(beside: x.dtype).minimum(raised) } ?? raised
        },
        inPlace: "0, 0.25", cases: [LawCase("clamp", [.init([5], -1...1)]) { try $0[0].clamp(-0.55, 0.55) }])

    /// A bound as a number; nil for a tensor.
    private static func number(_ bound: Operand?, orElse none: Double) -> Double? {
        switch bound {
        case nil: none
        case .number(let number): number.number
        case .tensor: nil
        }
    }

    static let `where` = Operation(
        Declaration(
            "tensor.where",
            """
            x where the mask is true, y where it is not; all three broadcast. In the type that holds x and y.
            """,
            called: .both, by: .placesOrNames,
            takes: .x, .argument("mask", .mask, "what a comparison makes; one of zeros and ones is taken too"),
            .argument("y", .tensorOrNumber), returns: .tensor, errors: "shapes that do not broadcast",
            source: "torch.Tensor.where",
            example: "assert(tensor({1, 2}):where(tensor({1, 0}), 9):sum():item() == 10)"
        ) { x, mask, y in try x.choose(mask, y.variable(beside: x.dtype)) },
        cases: [
            LawCase("where", [.init([2, 3]), .init([3])]) { inputs in
                try inputs[0].choose(Variable(Tensor([1, 0, 1], shape: [3])), inputs[1])
            }
        ])

    static let maskedFill = Operation(
        Declaration(
            "tensor.masked_fill", "The value where the mask is true, x where it is not.",
            called: .both, by: .placesOrNames,
            takes: .x, .argument("mask", .mask, "broadcast; one of zeros and ones is taken too"),
            .argument("value", .written, "a tensor, broadcast; or a number, true or false, written in x's type"),
            .operation, returns: .tensor, errors: "shapes that do not broadcast; a fraction into int64",
            source: "torch.Tensor.masked_fill",
            example: "assert(tensor({1, 2}):masked_fill(tensor({1, 0}), 9):sum():item() == 11)"
        ) { x, mask, value, operation in
            switch value {
            case .tensor(let value): try value.choose(mask, x)
            case .scalar(let number): try Variable(number.tensor(for: x.dtype, operation)).choose(mask, x)
            }
        },
        inPlace: "tensor({1}), 3",
        cases: [
            LawCase("masked_fill", [.init([2, 3])]) { inputs in
                try inputs[0].masked(where: Variable(Tensor([1, 0, 1], shape: [3])), 4)
            }
        ])
}
