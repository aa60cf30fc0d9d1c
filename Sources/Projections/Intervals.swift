import Autodiff
import Scripting
import Tensors

/// One closed interval per element: what every set that constrains each element by itself consists of.
///
/// Projection clamps, and is exact: the result satisfies the bounds, rounded to the dtype of x, with no slack.
public struct Intervals {
    /// Lower and upper bounds, both of ``shape``.
    let lo, hi: SetParameter
    /// The bounds in float64, recorded, in shapes that broadcast to ``shape``; nil when none requires a gradient.
    /// Computed anew for each projection, so that each can be differentiated.
    let recorded: (() throws -> (lo: Variable, hi: Variable))?
    /// False when a finite bound would round to an infinity that no float32 reaches.
    private let fitsSingle: Bool
    /// The shape of the bounds; it broadcasts to that of points.
    public var shape: [Int] { lo.shape }

    /// Broadcasts the bounds against each other.
    /// - Throws: when they do not broadcast, one is NaN, an interval is empty (the index is named), or holds only an
    ///   infinity.
    init(
        lo: Tensor, hi: Tensor, for operation: String, recorded: (() throws -> (lo: Variable, hi: Variable))? = nil
    ) throws {
        let shape = try Shape.broadcast(lo.shape, hi.shape, for: operation)
        let low = try SetParameter(lo.expand(shape, for: operation), "lo", for: operation, infinite: true)
        let high = try SetParameter(hi.expand(shape, for: operation), "hi", for: operation, infinite: true)
        for i in low.values.indices {
            let (a, b) = (low.values[i], high.values[i])
            guard a <= b else {
                throw ScriptError(operation, "lo > hi\(place(i, in: shape)): \(format(a)) > \(format(b))")
            }
            guard a < .infinity, b > -.infinity else {
                throw ScriptError(
                    operation, "no number lies between \(format(a)) and \(format(b))\(place(i, in: shape))")
            }
        }
        (self.lo, self.hi, self.recorded) = (low, high, recorded)
        let largest = Double(Float.greatestFiniteMagnitude)
        fitsSingle = low.values.allSatisfy { $0 <= largest } && high.values.allSatisfy { $0 >= -largest }
    }

    /// The largest magnitude of a finite bound.
    var size: Double { max(lo.size, hi.size) }

    /// The points of both.
    /// - Throws: when the shapes do not broadcast, or some element has no number in both intervals.
    func intersection(_ other: Intervals, for operation: String) throws -> Intervals {
        let shape = try Shape.broadcast(shape, other.shape, for: operation)
        func values(_ parameter: SetParameter) throws -> [Double] { try parameter.double.expand(shape).toArray() }
        let low = zip(try values(lo), try values(other.lo)).map { max($0, $1) }
        let high = zip(try values(hi), try values(other.hi)).map { min($0, $1) }
        if let bad = low.indices.first(where: { low[$0] > high[$0] }) {
            throw ScriptError(
                operation,
                "the sets do not meet\(place(bad, in: shape)): at least \(format(low[bad])) and at most "
                    + "\(format(high[bad]))"
            )
        }
        let bounds: () throws -> (lo: Variable, hi: Variable) = {
            let (a, b) = (try self.bounds(), try other.bounds())
            return (try a.lo.maximum(b.lo), try a.hi.minimum(b.hi))
        }
        return try Intervals(
            lo: Tensor(low, shape: shape, .float64), hi: Tensor(high, shape: shape, .float64), for: operation,
            recorded: recorded == nil && other.recorded == nil ? nil : bounds)
    }

    /// Intervals with other bounds, computed from these by the same function of numbers and of recorded values;
    /// `joined` says that the function itself has parameters that require a gradient.
    func mapped(
        joined: Bool, for operation: String,
        _ bounds: @escaping (Variable, Variable) throws -> (lo: Variable, hi: Variable)
    ) throws -> Intervals {
        let values = try GradMode.$isEnabled.withValue(false) { try bounds(Variable(lo.double), Variable(hi.double)) }
        return try Intervals(
            lo: values.lo.value, hi: values.hi.value, for: operation,
            recorded: !joined && recorded == nil
                ? nil
                : {
                    let own = try self.bounds()
                    return try bounds(own.lo, own.hi)
                })
    }

    /// Both bounds in float64, joined to the tape.
    private func bounds() throws -> (lo: Variable, hi: Variable) {
        try recorded?() ?? (Variable(lo.double), Variable(hi.double))
    }

    /// The clamp near `x`: x where it is within its interval (bounds included), else the bound; an interval of one
    /// number is that number.
    func formula(at x: Variable, for operation: String) throws -> Variable {
        let values = try x.value.toArray()
        let (lows, highs) = try usedBounds(for: x.value, operation)
        let bounds = try bounds()
        let outside = try bounds.lo.expand(x.shape).kept(
            values.indices.map { values[$0] < lows[$0] || (lows[$0] == highs[$0] && values[$0] == lows[$0]) },
            else: bounds.hi.expand(x.shape))
        return try x.double().kept(insides(values, lows, highs), else: outside)
    }

    /// The bounds that ``project(_:for:)`` uses, one pair for each element of x.
    private func usedBounds(for x: Tensor, _ operation: String) throws -> (lo: [Double], hi: [Double]) {
        let (lo, hi) = x.dtype == .float64 ? (lo.double, hi.double) : (lo.single, hi.single)
        return (try lo.expand(x.shape, for: operation).toArray(), try hi.expand(x.shape, for: operation).toArray())
    }

    private func insides(_ values: [Double], _ lows: [Double], _ highs: [Double]) -> [Bool] {
        values.indices.map { lows[$0] <= values[$0] && values[$0] <= highs[$0] && lows[$0] < highs[$0] }
    }

    /// Each element clamped to its interval; shape and dtype of `x` (float32 for float16).
    func project(_ x: Tensor, for operation: String) throws -> Tensor {
        switch x.dtype.computing {
        case .float64: try clamped(x, Double.self, for: operation)
        default: try clamped(x, Float.self, for: operation)
        }
    }

    /// The largest distance of an element from its interval.
    func violation(_ x: Tensor, for operation: String) throws -> Double {
        var largest = 0.0
        try eachExcess(x, for: operation) { largest = max(largest, $0) }
        return largest
    }

    /// The Euclidean distance of `x` from the set.
    func distance(_ x: Tensor, for operation: String) throws -> Double {
        var excesses: [Double] = []
        try eachExcess(x, for: operation) { excesses.append($0) }
        return norm(excesses)
    }

    /// The derivative of the projection at `x`: 1 within an interval (bounds included, as for clamp), 0 outside of it
    /// and where the interval is a single number.
    func slope(at x: Tensor, for operation: String) throws -> Slope {
        let (lows, highs) = try usedBounds(for: x, operation)
        let insides = insides(try x.toArray(), lows, highs)
        return { v in v.indices.map { insides[$0] ? v[$0] : 0 } }
    }

    private func clamped<T: TensorElement>(_ x: Tensor, _: T.Type, for operation: String) throws -> Tensor {
        let (x, lo, hi) = try prepared(x, T.dtype, for: operation)
        defer { withExtendedLifetime((x, lo, hi)) {} }
        let result = try Tensor.uninitialized(x.shape, T.dtype, for: operation)
        let clean = clamp(
            x.base(T.self), count: x.count, lo: lo.base(T.self), hi: hi.base(T.self), period: max(lo.count, 1),
            into: result.base(T.self))
        if !clean { throw try nanError(x, for: operation) }
        return result
    }

    private func eachExcess(_ x: Tensor, for operation: String, _ body: (Double) -> Void) throws {
        let dtype = x.dtype.computing
        let (x, lo, hi) = try prepared(x, dtype, for: operation)
        defer { withExtendedLifetime((x, lo, hi)) {} }
        let period = max(lo.count, 1)
        let clean =
            dtype == .float64
            ? excess(
                x.base(Double.self), count: x.count, lo: lo.base(Double.self), hi: hi.base(Double.self), period: period,
                body)
            : excess(
                x.base(Float.self), count: x.count, lo: lo.base(Float.self), hi: hi.base(Float.self), period: period,
                body)
        if !clean { throw try nanError(x, for: operation) }
    }

    /// x and bounds as contiguous operands of one dtype; the bounds repeat over the elements of x.
    private func prepared(_ x: Tensor, _ dtype: DType, for operation: String) throws -> (
        x: Tensor, lo: Tensor, hi: Tensor
    ) {
        guard let common = try? Shape.broadcast(shape, x.shape, for: operation), common == x.shape else {
            throw ScriptError(
                operation, "bounds \(Shape.describe(shape)) do not broadcast to x \(Shape.describe(x.shape))")
        }
        if dtype == .float32, !fitsSingle {
            throw ScriptError(operation, "the bounds pass the range of float32; give x as float64")
        }
        let x = try x.cast(dtype).contiguous()
        let (lo, hi) = dtype == .float64 ? (lo.double, hi.double) : (lo.single, hi.single)
        let core = Array(shape.drop { $0 == 1 })
        if lo.count == 1 || Array(x.shape.suffix(core.count)) == core { return (x, lo, hi) }
        return (x, try lo.expand(x.shape).contiguous(), try hi.expand(x.shape).contiguous())
    }

    private func nanError(_ x: Tensor, for operation: String) throws -> ScriptError {
        let bad = try x.toArray().firstIndex { $0.isNaN } ?? 0
        return ScriptError(operation, "x is nan\(place(bad, in: x.shape)): no point of the set is nearest to it")
    }
}

/// A set that is one interval per element.
protocol ElementwiseSet: ProjectableSet {
    var intervals: Intervals { get }
}

extension ElementwiseSet {
    /// Itself.
    public var elementwise: Intervals? { intervals }
    /// The shape of the bounds; nil when they are plain numbers.
    public var preferredShape: [Int]? { intervals.shape.isEmpty ? nil : intervals.shape }
    /// Each element clamped; shape and dtype of x.
    public func project(_ x: Tensor) throws -> Tensor { try intervals.project(x, for: operation) }
    /// The largest distance of an element from its interval.
    public func violation(_ x: Tensor) throws -> Double { try intervals.violation(x, for: operation) }
    /// The Euclidean distance of x from the set.
    public func distance(_ x: Tensor) throws -> Double { try intervals.distance(x, for: operation) }
    public var size: Double { intervals.size }
    public func formula(at x: Variable) throws -> Variable { try intervals.formula(at: x, for: operation) }
    public func slope(at x: Tensor) throws -> Slope { try intervals.slope(at: x, for: operation) }
}
