import Dispatch
import RealModule
import Runs
import Scripting

/// How progress is shown.
enum ProgressWish {
    case none
    /// A bar, if standard error is a terminal.
    case bar
    /// A line every so many steps, wherever standard error goes.
    case lines(Int)
}

extension Domain<ProgressWish> {
    static var progress: Domain {
        Domain(
            .either([.boolean, .integer]), expected: "true, false or a whole number from 1",
            show: {
                if case .lines(let steps) = $0 { "\(steps)" } else if case .none = $0 { "false" } else { "true" }
            }
        ) { value in
            if case .boolean(let flag) = value { return flag ? ProgressWish.bar : ProgressWish.none }
            guard let steps = value.asInteger, steps >= 1 else { return nil }
            return .lines(steps)
        }
    }
}

/// Shows the progress of a run on standard error: the smoothed loss and the speed.
struct TrainingDisplay {
    private let wish: ProgressWish
    private let bar: Progress?
    private let steps: Int
    private let dimension: Int
    private let levels: Int?
    /// The step and time from which speed is measured: after a resume and after every pause.
    private var first = (step: 0, time: UInt64(0))
    private var lastShown: UInt64 = 0
    private var smooth: Double?

    init(_ wish: ProgressWish, steps: Int, dimension: Int, levels: Int?) {
        (self.wish, self.steps, self.dimension, self.levels) = (wish, steps, dimension, levels)
        if case .bar = wish {
            let bar = Progress(total: steps)
            self.bar = bar.isTerminal ? bar : nil
        } else {
            bar = nil
        }
    }

    mutating func start(at step: Int) { first = (step, DispatchTime.now().uptimeNanoseconds) }

    mutating func show(_ step: Int, _ history: FitHistory, rows: Int?) {
        guard let loss = history.loss.last else { return }
        if case .none = wish { return }
        smooth = smooth.map { 0.98 * $0 + 0.02 * loss } ?? loss
        let now = DispatchTime.now().uptimeNanoseconds
        switch wish {
        case .lines(let every):
            guard step.isMultiple(of: every) || step == steps else { return }
            let rate = history.rate.last.map { ", lr \(TrainingDisplay.short($0))" } ?? ""
            StandardStream.error.line("step \(step) of \(steps): \(text(step, now, history, rows))\(rate)")
        default:
            guard let bar, now - lastShown > 33_000_000 || step == steps else { return }
            lastShown = now
            bar.update(step, text(step, now, history, rows))
        }
    }

    func finish() { bar?.finish() }

    /// The line that is shown: `1.032 bits/dim  validation 1.041  5210 rows/s`.
    private func text(_ step: Int, _ now: UInt64, _ history: FitHistory, _ rows: Int?) -> String {
        var parts = [shown(smooth ?? .nan) + (levels == nil ? " nats" : " bits/dim")]
        if let value = history.validation.last { parts.append("validation \(shown(value))") }
        let seconds = Double(now - first.time) / 1e9
        if step > first.step, seconds > 0 {
            let speed = Double(step - first.step) / seconds
            parts.append(
                rows.map { "\(PausePoint.shown((speed * Double($0)).rounded())) rows/s" }
                    ?? "\(PausePoint.shown(speed)) steps/s")
        }
        return parts.joined(separator: "  ")
    }

    /// A number with four digits: `0.002`, `6.156e-6`.
    private static func short(_ number: Double) -> String {
        guard number.isFinite, number != 0, abs(number) < 1e-3 else { return PausePoint.shown(number) }
        let exponent = Double.log10(abs(number)).rounded(.down)
        let digits = (number * Double.pow(10, 3 - exponent)).rounded() / 1000
        return "\(digits)e\(Int(exponent))"
    }

    /// The loss in nats, or in bits per dimension where the data has levels.
    private func shown(_ loss: Double) -> String {
        guard let levels else { return PausePoint.shown(loss) }
        return PausePoint.shown(Double.log2(Double(levels)) + loss / (Double(dimension) * Double.log(2)))
    }
}
