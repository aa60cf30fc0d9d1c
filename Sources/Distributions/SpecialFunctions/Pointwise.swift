import Autodiff
import Scripting
import Tensors

/// A function of one number, computed in Double whatever the tensor's type.
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
    /// ``map(_:)`` with a slow function: polls for a stop on the way.
    func slowMap(_ function: @Sendable (Double) -> Double) throws -> Tensor {
        let source = try toArray()
        return try Tensor.slowly(shape, dtype.computing) { function(source[$0]) }
    }

    /// ``zip(_:_:for:)`` with a slow function.
    func slowZip(_ other: Tensor, for operation: String, _ function: @Sendable (Double, Double) -> Double) throws -> Tensor {
        let shape = try Shape.broadcast(shape, other.shape, for: operation)
        let (x, y) = (try expand(shape, for: operation).toArray(), try other.expand(shape, for: operation).toArray())
        return try Tensor.slowly(shape, dtype.promoted(with: other.dtype)) { function(x[$0], y[$0]) }
    }

    private static func slowly(_ shape: [Int], _ dtype: DType, _ value: (Int) -> Double) throws -> Tensor {
        let result = try Tensor.uninitialized(shape, dtype)
        for i in 0..<result.count {
            if i & 0xfff == 0 { try Cancellation.check() }
            if dtype == .float64 { result.base(Double.self)[i] = value(i) } else { result.base(Float.self)[i] = Float(value(i)) }
        }
        return result
    }
}

extension Variable {
    /// 1 where the test holds, else 0: a constant, not recorded.
    func indicator(_ test: @escaping @Sendable (Double) -> Bool) throws -> Variable {
        Variable(try value.map(Pointwise { test($0) ? 1 : 0 }))
    }

    /// ``indicator(_:)`` of the elements of both, broadcast.
    func indicator(_ other: Variable, _ test: @escaping @Sendable (Double, Double) -> Bool) throws -> Variable {
        Variable(try value.zip(other.value, Pairwise { test($0, $1) ? 1 : 0 }, for: "distribution"))
    }

    /// The elements rounded or otherwise moved, without a gradient.
    func constant(_ function: @escaping @Sendable (Double) -> Double) throws -> Variable { Variable(try value.map(Pointwise(function))) }

    /// `formula` of the elements where `inside` is not 0, and `outside` elsewhere. The formula is given `safe` in place of
    /// the other elements, so that neither its values nor its gradients there can spoil anything.
    func guarded(_ inside: Variable, safe: Double, outside: Double, _ formula: (Variable) throws -> Variable) throws -> Variable {
        let value = try formula(choose(inside, constant(safe)))
        return try value.choose(inside, value.constant(outside))
    }

    /// A primitive of one input whose slope is given as a differentiable expression; nil for none.
    func pointwise(
        _ operation: String, slope: ((Variable) throws -> Variable)?, _ function: @escaping @Sendable (Double) -> Double
    ) throws -> Variable {
        try .recorded("distribution.\(operation)", [self], value.slowMap(function), rule: slope.map { slope in
            { call in [try call.cotangent * slope(call.inputs[0])] }
        })
    }

    /// A primitive of two broadcast inputs whose slopes are differentiable expressions of both; nil for none.
    func pairwise(
        _ operation: String, _ other: Variable, slopes: ((Variable, Variable) throws -> Variable, (Variable, Variable) throws -> Variable)?,
        _ function: @escaping @Sendable (Double, Double) -> Double
    ) throws -> Variable {
        let name = "distribution.\(operation)"
        return try .recorded(name, [self, other], value.slowZip(other.value, for: name, function), rule: slopes.map { slopes in
            { call in
                let (x, y) = (call.inputs[0], call.inputs[1])
                return [
                    call.wanted[0] ? try (call.cotangent * slopes.0(x, y)).summed(to: x.shape) : nil,
                    call.wanted[1] ? try (call.cotangent * slopes.1(x, y)).summed(to: y.shape) : nil,
                ]
            }
        })
    }
}
