import RealModule
import Scripting

/// Step sizes as functions of k = 1, 2, ...: for `optim.projected_gradient`, or `opt.lr = schedule(k)` before a step.
struct Schedule: Sendable {
    let name: String
    /// Names of the numbers that define it, the step size first.
    let parameters: [String]
    let formula: String
    let source: String?
    let example: String
    /// Says what is wrong with the numbers together, which are finite and >= 0; nil if nothing is.
    let check: @Sendable ([Double]) -> String?
    /// The step size at step k.
    let value: @Sendable (_ k: Double, _ numbers: [Double]) -> Double

    static let catalogue: [Schedule] = [
        Schedule(
            name: "power", parameters: ["lr", "exponent"],
            formula: "lr / k^exponent; 1/2 and 1 are the classical choices", source: "Robbins and Monro 1951",
            example: "assert(optim.schedule.power(0.5, 1)(5) == 0.1)", check: { _ in nil },
            value: { k, n in n[0] / Double.pow(k, n[1]) }),
        Schedule(
            name: "exponential", parameters: ["lr", "gamma"], formula: "lr gamma^(k - 1)",
            source: "torch.optim.lr_scheduler.ExponentialLR",
            example: "assert(optim.schedule.exponential(8, 0.5)(3) == 2)", check: { _ in nil },
            value: { k, n in n[0] * Double.pow(n[1], k - 1) }),
        Schedule(
            name: "step", parameters: ["lr", "size", "gamma"],
            formula: "lr gamma^floor((k - 1) / size): a drop every size steps",
            source: "torch.optim.lr_scheduler.StepLR",
            example: "local s = optim.schedule.step(8, 10, 0.5)\nassert(s(10) == 8 and s(11) == 4)",
            check: { $0[1] > 0 ? nil : "size is 0; a number above 0 expected" },
            value: { k, n in n[0] * Double.pow(n[2], ((k - 1) / n[1]).rounded(.down)) }),
        Schedule(
            name: "cosine", parameters: ["lr", "steps"],
            formula: "lr (1 + cos(pi (k - 1) / steps)) / 2: half a wave from lr to 0, and 0 afterwards",
            source: "Loshchilov and Hutter, ICLR 2017; torch.optim.lr_scheduler.CosineAnnealingLR",
            example:
                "local s = optim.schedule.cosine(2, 100)\nassert(s(1) == 2 and math.abs(s(51) - 1) < 1e-12 and s(101) "
                    + "== 0)",
            check: { $0[1] > 0 ? nil : "steps is 0; a number above 0 expected" },
            value: { k, n in n[0] * (1 + Double.cos(.pi * min((k - 1) / n[1], 1))) / 2 }),
    ]

    /// The declaration of `optim.schedule.NAME(...)`, which returns the schedule as a function of k.
    var declaration: Declaration {
        let (full, value) = ("optim.schedule.\(name)", value)
        let schedule = NativeFunction(
            Declaration(
                full, "", takes: .list(parameters.map { .argument($0, .number) }), .argument("k", .number),
                returns: .number
            ) { numbers, k in
                guard k >= 1 else { throw Fault("k is \(shown(k)); a number from 1 expected") }
                return value(k, numbers)
            })
        return Declaration(
            full, "The step size \(formula), for k from 1.",
            takes: .list(parameters.map { .argument($0, .nonnegative) }), returns: .value(.function),
            errors: "k below 1", source: source, example: example
        ) { [check] numbers in
            if let fault = check(numbers) { throw Fault(fault) }
            return .closure(schedule, bound: numbers.map { .number($0) })
        }
    }
}
