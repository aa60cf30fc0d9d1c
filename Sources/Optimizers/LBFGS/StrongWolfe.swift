import Tensors

/// A point on the line x + t d: how far, and the value, gradient and slope there.
struct Trial {
    let t: Double
    let value: Double
    let gradient: Tensor
    /// The derivative along d.
    let slope: Double
}

/// The line search: finds a step length t at which the value and the slope have fallen enough:
///
///     f(t) <= f(0) + c1 t f'(0)   and   |f'(t)| <= c2 |f'(0)|
///
/// Nocedal and Wright, "Numerical optimization", algorithms 3.5 and 3.6 with cubic interpolation (equation 3.59). The
/// decisions are those of torch.optim.LBFGS, one by one, so that the iterates agree.
struct StrongWolfe {
    let sufficientDecrease = 1e-4
    let curvature = 0.9
    /// The search ends when the bracket moves no element by this much: torch's constant, independent of the optimiser's
    /// `tolerance_change`.
    let tolerance = 1e-9
    /// The largest magnitude in the direction d.
    let direction: Double
    /// The most evaluations after the first.
    let limit: Int

    /// - Parameters:
    ///   - start: t = 0.
    ///   - t: the first step length to try.
    /// - Returns: the accepted point and the number of evaluations.
    func search(from start: Trial, first t: Double, _ evaluate: (Double) throws -> Trial) throws -> (
        best: Trial, evaluations: Int
    ) {
        let isEnough = { (trial: Trial) in abs(trial.slope) <= -curvature * start.slope }
        let isTooHigh = { (trial: Trial) in trial.value > start.value + sufficientDecrease * trial.t * start.slope }

        // Increases t until two points bracket an acceptable one.
        var trials = 0
        var (previous, new) = (start, try evaluate(t))
        var bracket: (Trial, Trial)?
        while trials < limit {
            if isTooHigh(new) || (trials > 1 && new.value >= previous.value) {
                bracket = (previous, new)
                break
            }
            if isEnough(new) { return (new, trials + 1) }
            if new.slope >= 0 {
                bracket = (previous, new)
                break
            }
            let next = interpolate(previous, new, within: new.t + 0.01 * (new.t - previous.t), new.t * 10)
            (previous, new) = (new, try evaluate(next))
            trials += 1
        }
        // The evaluations may be used up without a bracket.
        guard let bracket else { return (start.value <= new.value ? start : new, trials + 1) }
        return try zoom(into: bracket, after: trials, isTooHigh, isEnough, evaluate)
    }

    /// Narrows the bracket, whose lower end is always the best point so far.
    private func zoom(
        into bracket: (Trial, Trial), after done: Int, _ isTooHigh: (Trial) -> Bool, _ isEnough: (Trial) -> Bool,
        _ evaluate: (Double) throws -> Trial
    ) throws -> (best: Trial, evaluations: Int) {
        var trials = done
        // The order of the ends is kept, as torch keeps it: interpolation is not symmetric to the last bit.
        var ends = [bracket.0, bracket.1]
        var low = ends[0].value <= ends[1].value ? 0 : 1
        var isStuck = false
        while trials < limit {
            if abs(ends[1].t - ends[0].t) * direction < tolerance { break }
            let (least, most) = (min(ends[0].t, ends[1].t), max(ends[0].t, ends[1].t))
            var t = interpolate(ends[0], ends[1], within: least, most)

            // A point close to an end twice in a row, or beyond it, is moved to a tenth of the bracket away from that
            // end.
            let margin = 0.1 * (most - least)
            if min(most - t, t - least) < margin {
                if isStuck || t >= most || t <= least {
                    t = abs(t - most) < abs(t - least) ? most - margin : least + margin
                    isStuck = false
                } else {
                    isStuck = true
                }
            } else {
                isStuck = false
            }

            let new = try evaluate(t)
            trials += 1
            if isTooHigh(new) || new.value >= ends[low].value {
                ends[1 - low] = new
                low = ends[0].value <= ends[1].value ? 0 : 1
            } else {
                let isDone = isEnough(new)
                if !isDone, new.slope * (ends[1 - low].t - ends[low].t) >= 0 { ends[1 - low] = ends[low] }
                ends[low] = new
                if isDone { break }
            }
        }
        return (ends[low], trials + 1)
    }

    /// The minimum of the cubic through both points with both slopes, clamped to the bounds; their middle where the
    /// cubic has no minimum.
    private func interpolate(_ a: Trial, _ b: Trial, within least: Double, _ most: Double) -> Double {
        let d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
        let square = d1 * d1 - a.slope * b.slope
        guard square >= 0 else { return (least + most) / 2 }
        let d2 = square.squareRoot()
        let position =
            a.t <= b.t
            ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
            : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
        return min(max(position, least), most)
    }
}
