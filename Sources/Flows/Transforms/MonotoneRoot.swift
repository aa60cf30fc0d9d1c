import Autodiff
import Scripting
import Tensors

/// Roots of increasing functions, one for each element, in float64 and without a record on the tape.
enum MonotoneRoot {
    /// The residual f(x) at every element, its slope, and how far from 0 rounding alone may put it.
    typealias Residual = (_ x: Variable) throws -> (value: Variable, slope: Variable, noise: Variable)

    private struct Below: Comparison {
        func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x < y }
    }

    private static func isBelow(_ x: Variable, _ y: Variable) throws -> Variable {
        Variable(try x.value.compare(y.value, Below(), for: "root"))
    }
    private static func isAtMost(_ x: Variable, _ y: Variable) throws -> Variable {
        Variable(try x.value.compare(y.value, AtMost(), for: "root"))
    }

    /// Newton's method inside a bracket, which is halved where a step leaves it or three steps have not halved it
    /// (Press et al., "Numerical recipes", section 9.4). Ends when every element is known to working precision, at the
    /// latest after as many steps as bisection alone would take.
    ///
    /// - Parameters:
    ///   - low: at or below every root; float64, of the shape of the result.
    ///   - high: at or above every root.
    static func find(between low: Variable, and high: Variable, _ residual: Residual) throws -> Variable {
        try GradMode.$isEnabled.withValue(false) {
            var (low, high) = (low, high)
            var width = try high - low
            var x = try low * 0.5 + high * 0.5
            guard x.value.count > 0 else { return x }
            for step in 0..<240 {
                try Cancellation.check()
                let (value, slope, noise) = try residual(x)
                let isLeft = try isBelow(value, value.constant(0))
                low = try x.choose(isLeft, low)
                high = try high.choose(isLeft, x)
                let newton = try x - value / slope
                let middle = try low * 0.5 + high * 0.5
                let move = try (newton - x).abs()
                // True for NaN, too: nothing better would come.
                let isSettled = try (1 - isBelow(noise, value.abs())) + isAtMost(move, x.abs() * 0x1p-52)
                    + isAtMost(high - low, x.abs() * 0x1p-52)
                if try isSettled.value.peak(Array(x.shape.indices), largest: false, for: "root").item() > 0 { return x }
                var next = try newton.choose(isAtMost(low, newton) * isAtMost(newton, high), middle)
                if step % 3 == 2 {
                    // Bisect where three steps have not halved the bracket.
                    let isSlow = try isBelow(width * 0.5, high - low)
                    next = try middle.choose(isSlow, next)
                    width = try high - low
                }
                // Settled elements no longer move.
                x = try x.choose(isSettled, next)
            }
            return x
        }
    }
}
