import Autodiff
import RealModule
import Scripting
import Tensors

/// Positive numbers that sum to 1 along the last dimension, by breaking a stick: the share k takes sigmoid(u_k - log(K
/// - k)) of what is left, so that u = 0 is the middle (Stan's reference manual, unit simplex).
struct Shares: Bijection {
    let description = "positive numbers that sum to 1"

    func width(_ shape: [Int]) throws -> Int {
        guard let count = shape.last, count >= 2 else {
            throw Fault(
                "support", "a simplex has points of 2 numbers at least, got points of shape \(Shape.describe(shape))")
        }
        return shape.dropLast().reduce(1, *) * (count - 1)
    }

    func constrain(_ u: Variable, _ shape: [Int]) throws -> (x: Variable, logDeterminant: Variable?) {
        let (count, groups) = (shape.last ?? 2, shape.dropLast().reduce(1, *))
        let offsets = (0..<count - 1).map { Double.log(Double(count - 1 - $0)) }
        let shift = Variable(try Tensor(offsets, shape: [count - 1], .float64))
        let v = try u.reshape([u.shape[0], groups, count - 1]) - shift
        // Logarithms of the share taken, of the share left by each piece, and of the stick left before it.
        let (taken, left) = (try -((-v).softplus()), try -(v.softplus()))
        let after = try left.cumulativeSum(2)
        let before = try after - left
        let last = try after.slice(2, count - 2, 1)
        let x = try Variable.concatenate([taken + before, last], 2).exp()
        return (try x.reshape([u.shape[0]] + shape), try (taken + left + before).sum([1, 2]))
    }

    func inside(_ x: Variable) throws -> Variable {
        try x.maximum(
            x.constant(x.dtype == .float32 ? Double(Float.leastNormalMagnitude) : Double.leastNormalMagnitude))
    }

    func unconstrain(_ x: [Double], _ shape: [Int]) -> [Double]? {
        let count = shape.last ?? 2
        var result: [Double] = []
        for start in stride(from: 0, to: x.count, by: count) {
            let shares = Array(x[start..<start + count])
            guard shares.allSatisfy({ $0 > 0 }), abs(shares.reduce(0, +) - 1) < 1e-4 else { return nil }
            var rest = [Double](repeating: 0, count: count)
            for k in (0..<count - 1).reversed() { rest[k] = rest[k + 1] + shares[k + 1] }
            for k in 0..<count - 1 {
                result.append(Double.log(shares[k] / rest[k]) + Double.log(Double(count - 1 - k)))
            }
        }
        return result
    }
}
