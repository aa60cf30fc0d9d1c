import Autodiff
import Scripting
import Tensors

/// A set that is a ball, perhaps translated or scaled.
protocol RoundSet {
    /// Centre (a number, or of the shape of x) and radius, recorded; nil when the set is no ball.
    var round: (center: Variable, radius: Variable)? { get throws }
}

extension Ball: RoundSet {
    var round: (center: Variable, radius: Variable)? { get throws { (try middle(), try reach()) } }
}

/// The common point of a ball and another convex set K that is nearest to x, accurate to rounding however little of K
/// lies in the ball.
///
/// With the ball's multiplier the optimality conditions say y = P_K(c + t (x - c)) for a t in [0, 1]: t = 1 if the ball
/// is not active, else the t with |y - c| = r. That distance grows with t, and t = 0, the point of K nearest to the
/// centre, tells whether the sets meet. So one number is to be found, where multipliers would grow without bound as
/// sets only touch.
struct BallSearch {
    let center: [Double]
    let radius: Double
    /// The projection onto K.
    let project: ([Double]) throws -> [Double]

    enum Answer {
        /// The point and its t.
        case meets([Double], Double)
        /// The sets do not meet: the distance of K from the centre.
        case apart(Double)
    }

    /// - Parameter error: the error that `project` may have.
    func nearest(to x: [Double], error: Double = 0) throws -> Answer {
        func point(_ t: Double) throws -> (point: [Double], excess: Double) {
            let y = try project(t == 1 ? x : zip(center, x).map { $0 + t * ($1 - $0) })
            let distance = norm(zip(y, center).map { $0 - $1 })
            // (distance² - r²) / r²
            return (y, radius > 0 ? (distance / radius - 1) * (distance / radius + 1) : distance)
        }
        let far = try point(1)
        if far.excess <= 0 { return .meets(far.point, 1) }
        let foot = try point(0)
        let distance = norm(zip(foot.point, center).map { $0 - $1 })
        let noise = 1e-13 * max(radius, center.largestMagnitude, foot.point.largestMagnitude) + 10 * error
        if distance > radius + 1e3 * noise { return .apart(distance) }
        if distance >= radius { return .meets(foot.point, 0) }
        // As a function of s = t², of which the squared distance is linear when K is flat. By regula falsi with the
        // Illinois modification, and by bisection where that is slow.
        var (low, high) = ((s: 0.0, excess: foot.excess), (s: 1.0, excess: far.excess))
        var best = (point: foot.point, excess: foot.excess, t: 0.0)
        var (side, width) = (0, 1.0)
        for step in 0..<200 where high.s - low.s > 0x1p-52 * high.s {
            try Cancellation.check()
            var s = (low.s * high.excess - high.s * low.excess) / (high.excess - low.excess)
            if step % 4 == 3 {
                if high.s - low.s > 0.25 * width { s = low.s > 0 ? (low.s * high.s).squareRoot() : high.s * 0x1p-10 }
                width = high.s - low.s
            }
            if !(s > low.s && s < high.s) { s = low.s + (high.s - low.s) / 2 }
            let t = s.squareRoot()
            let next = try point(t)
            if best.t == 0 || abs(next.excess) < abs(best.excess) { best = (next.point, next.excess, t) }
            if abs(next.excess) <= 0x1p-52 { break }
            if next.excess < 0 {
                low = (s, next.excess)
                if side < 0 { high.excess /= 2 }
                side = -1
            } else {
                high = (s, next.excess)
                if side > 0 { low.excess /= 2 }
                side = 1
            }
        }
        return .meets(best.point, best.t)
    }
}
