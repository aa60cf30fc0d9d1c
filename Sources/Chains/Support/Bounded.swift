import Autodiff
import RealModule
import Scripting
import Tensors

/// An interval for each element; an infinite end is no bound.
///
/// With both ends x = low + (high - low) sigmoid(u), with one x = low + e^u or high - e^u, as in Stan.
struct Bounded: Bijection {
    let low: Tensor
    let high: Tensor
    let description: String

    /// - Parameters: ends that broadcast to the shape of a point.
    /// - Throws: ``Fault`` where an interval is empty.
    init(_ low: Tensor, _ high: Tensor) throws {
        (self.low, self.high) = (try low.cast(.float64), try high.cast(.float64))
        let (a, b) = (try low.toArray(), try high.toArray())
        guard !a.contains(where: \.isNaN), !b.contains(where: \.isNaN) else {
            throw Fault("support", "an end is nan; a number expected")
        }
        let shape = try Shape.broadcast(low.shape, high.shape, for: "mcmc.sample")
        let pairs = zip(try self.low.expand(shape).toArray(), try self.high.expand(shape).toArray())
        if let empty = pairs.first(where: { !($0 < $1) }) {
            throw Fault("support", "the interval from \(shown(empty.0)) to \(shown(empty.1)) is empty")
        }
        if let wide = pairs.first(where: { $0.isFinite && $1.isFinite && !($1 - $0).isFinite }) {
            throw Fault(
                "support",
                "the interval from \(shown(wide.0)) to \(shown(wide.1)) is wider than float64's largest number")
        }
        if a.count == 1, b.count == 1 {
            description = b[0] == .infinity ? "above \(shown(a[0]))" : a[0] == -.infinity
                ? "below \(shown(b[0]))" : "between \(shown(a[0])) and \(shown(b[0]))"
        } else {
            description = "element by element between low and high"
        }
    }

    func width(_ shape: [Int]) throws -> Int {
        _ = try ends(shape)
        return shape.reduce(1, *)
    }

    private func ends(_ shape: [Int]) throws -> (low: [Double], high: [Double]) {
        guard let low = try? low.expand(shape), let high = try? high.expand(shape) else {
            throw Fault(
                "support", """
                    ends of shape \(Shape.describe(low.shape)) and \(Shape.describe(high.shape)) do not broadcast to \
                    points of shape \(Shape.describe(shape))
                    """)
        }
        return (try low.toArray(), try high.toArray())
    }

    func constrain(_ u: Variable, _ shape: [Int]) throws -> (x: Variable, logDeterminant: Variable?) {
        let (low, high) = try ends(shape)
        func row(_ value: (Double, Double) -> Double) throws -> Variable {
            Variable(try Tensor(zip(low, high).map(value), shape: [low.count], .float64))
        }
        func isBoth(_ a: Double, _ b: Double) -> Bool { a.isFinite && b.isFinite }
        func isHalf(_ a: Double, _ b: Double) -> Bool { a.isFinite != b.isFinite }
        let pairs = zip(low, high)
        var (x, logDeterminant): (Variable?, Variable?)
        // Elements of one kind go through its map; the others enter it as u = 0, where it is finite, and contribute 0.
        func add(_ part: Variable, _ logs: Variable?) throws {
            x = try x.map { try $0 + part } ?? part
            if let logs {
                let sum = try logs.sum([1])
                logDeterminant = try logDeterminant.map { try $0 + sum } ?? sum
            }
        }
        if pairs.contains(where: isBoth) {
            let mask = try row { isBoth($0, $1) ? 1 : 0 }
            let v = try u * mask
            let (start, span) = (try row { isBoth($0, $1) ? $0 : 0 }, try row { isBoth($0, $1) ? $1 - $0 : 0 })
            let logSpan = try row { isBoth($0, $1) ? Double.log($1 - $0) : 0 }
            try add(start + span * v.sigmoid(), logSpan - mask * (v.softplus() + (-v).softplus()))
        }
        if pairs.contains(where: isHalf) {
            let mask = try row { isHalf($0, $1) ? 1 : 0 }
            let sign = try row { isHalf($0, $1) ? ($0.isFinite ? 1 : -1) : 0 }
            let anchor = try row { isHalf($0, $1) ? ($0.isFinite ? $0 : $1) : 0 }
            let v = try u * mask
            try add(anchor + sign * v.exp(), v)
        }
        if pairs.contains(where: { !$0.isFinite && !$1.isFinite }) {
            try add(u * row { !$0.isFinite && !$1.isFinite ? 1 : 0 }, nil)
        }
        return (try (x ?? u).reshape([u.shape[0]] + shape), logDeterminant)
    }

    func inside(_ x: Variable) throws -> Variable {
        func moved(_ end: Tensor, _ inwards: (Double) -> Double) throws -> Variable {
            Variable(try Tensor(end.toArray().map { $0.isFinite ? inwards($0) : $0 }, shape: end.shape, x.dtype))
        }
        let isSingle = x.dtype == .float32
        let least = try moved(low) { isSingle ? Double(Float($0).nextUp) : $0.nextUp }
        let most = try moved(high) { isSingle ? Double(Float($0).nextDown) : $0.nextDown }
        return try x.maximum(least).minimum(most)
    }

    func unconstrain(_ x: [Double], _ shape: [Int]) -> [Double]? {
        guard let (low, high) = try? ends(shape), zip(x, zip(low, high)).allSatisfy({ $1.0 < $0 && $0 < $1.1 }) else {
            return nil
        }
        return x.indices.map { i in
            switch (low[i].isFinite, high[i].isFinite) {
            case (true, true): Double.log(x[i] - low[i]) - Double.log(high[i] - x[i])
            case (true, false): Double.log(x[i] - low[i])
            case (false, true): Double.log(high[i] - x[i])
            default: x[i]
            }
        }
    }
}
