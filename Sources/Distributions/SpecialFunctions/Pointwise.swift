import Autodiff
import Scripting
import Tensors

/// A function of one number, computed in Double whatever the tensor's dtype.
struct Pointwise: UnaryFunction {
    let function: @Sendable (Double) -> Double
    init(_ function: @escaping @Sendable (Double) -> Double) { self.function = function }
    func callAsFunction<T: TensorElement>(_ x: T) -> T { T(function(Double(x))) }
}

/// A function of two numbers, computed in Double.
struct Pairwise: BinaryFunction {
    let function: @Sendable (Double, Double) -> Double
    init(_ function: @escaping @Sendable (Double, Double) -> Double) { self.function = function }
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { T(function(Double(x), Double(y))) }
}

extension Tensor {
    /// ``map(_:)`` with a slow function: checks for cancellation on the way.
    func slowMap(_ function: @Sendable (Double) -> Double) throws -> Tensor {
        let source = try toArray()
        return try Tensor.slowly(shape, dtype.computing) { function(source[$0]) }
    }

    /// A tensor filled by position, with checks for cancellation.
    fileprivate static func slowly(_ shape: [Int], _ dtype: DType, _ value: (Int) -> Double) throws -> Tensor {
        let result = try Tensor.uninitialized(shape, dtype)
        for i in 0..<result.count {
            if i & 0xfff == 0 { try Cancellation.check() }
            if dtype == .float64 {
                result.base(Double.self)[i] = value(i)
            } else {
                result.base(Float.self)[i] = Float(value(i))
            }
        }
        return result
    }
}

extension Variable {
    /// 1 where the test holds, else 0; not recorded.
    func indicator(_ test: @escaping @Sendable (Double) -> Bool) throws -> Variable {
        Variable(try value.map(Pointwise { test($0) ? 1 : 0 }))
    }

    /// The test on pairs of elements, broadcast: 1 or 0; not recorded.
    func indicator(_ other: Variable, _ test: @escaping @Sendable (Double, Double) -> Bool) throws -> Variable {
        Variable(try value.zip(other.value, Pairwise { test($0, $1) ? 1 : 0 }, for: "distribution"))
    }

    /// A function of every element, not recorded.
    func constant(_ function: @escaping @Sendable (Double) -> Double) throws -> Variable {
        Variable(try value.map(Pointwise(function)))
    }

    /// `formula` where `inside` is 1, and `outside` elsewhere. Other elements enter the formula as `safe`, so that
    /// neither its values nor its gradients there are NaN or infinite.
    func guarded(_ inside: Variable, safe: Double, outside: Double, _ formula: (Variable) throws -> Variable) throws
        -> Variable
    {
        let value = try formula(choose(inside, constant(safe)))
        return try value.choose(inside, value.constant(outside))
    }

    /// A primitive of one input with its derivative as a differentiable expression; nil if it has none.
    func pointwise(
        _ operation: String, slope: ((Variable) throws -> Variable)?, _ function: @escaping @Sendable (Double) -> Double
    ) throws -> Variable {
        try .recorded(
            "distribution.\(operation)", [self], value.slowMap(function),
            rule: slope.map { slope in
                { call in [try call.cotangent * slope(call.inputs[0])] }
            })
    }

    /// A primitive of broadcast inputs with its derivatives by each as differentiable expressions; nil for one that is
    /// not known: asking for it is an error.
    static func elementwise(
        _ operation: String, _ inputs: [Variable], slopes: [(([Variable]) throws -> Variable)?],
        _ function: @escaping @Sendable ([Double]) -> Double
    ) throws -> Variable {
        let name = "distribution.\(operation)"
        let shape = try inputs.reduce([]) { try Shape.broadcast($0, $1.shape, for: name) }
        let dtype = inputs.dropFirst().reduce(inputs[0].dtype.computing) { $0.promoted(with: $1.dtype) }
        let columns = try inputs.map { try $0.value.expand(shape, for: name).toArray() }
        var point = [Double](repeating: 0, count: inputs.count)
        let value = try Tensor.slowly(shape, dtype) { index in
            for input in columns.indices { point[input] = columns[input][index] }
            return function(point)
        }
        return try .recorded(name, inputs, value) { call in
            try slopes.enumerated().map { index, slope in
                guard call.wanted[index] else { return nil }
                guard let slope else { throw ScriptError(name, "no further derivative by input \(index + 1)") }
                return try (call.cotangent * slope(call.inputs)).summed(to: call.inputs[index].shape)
            }
        }
    }

    /// ``elementwise(_:_:slopes:_:)`` of two inputs.
    func pairwise(
        _ operation: String, _ other: Variable,
        slopes: ((Variable, Variable) throws -> Variable, (Variable, Variable) throws -> Variable)?,
        _ function: @escaping @Sendable (Double, Double) -> Double
    ) throws -> Variable {
        let rules: [(([Variable]) throws -> Variable)?] =
            if let slopes { [{ try slopes.0($0[0], $0[1]) }, { try slopes.1($0[0], $0[1]) }] } else { [nil, nil] }
        return try .elementwise(operation, [self, other], slopes: rules) { function($0[0], $0[1]) }
    }

    /// self / other, and 0 where both are 0.
    func share(of other: Variable) throws -> Variable {
        let zero = try indicator(other) { $0 == 0 && $1 == 0 }
        return try self / other.constant(1).choose(zero, other)
    }
}
