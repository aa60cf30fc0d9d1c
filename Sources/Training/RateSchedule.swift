import RealModule
import Scripting
import Tensors

/// The step size as a function of the step's number, from 1 to the last.
enum RateSchedule {
    enum Shape: String, CaseIterable { case constant, linear, cosine }

    /// A rise from 0 in `warmup` steps, then the shape from the step size down to `final` times it.
    case named(Shape, warmup: Int, final: Double)
    /// A script's function of the step's number, which returns the step size.
    case function(any ScriptFunction)

    static var constant: RateSchedule { RateSchedule.named(.constant, warmup: 0, final: 0) }

    /// - Parameters:
    ///   - base: the option `lr`; not used for a function.
    ///   - factor: multiplies a function's result; 1 until somebody changes the step size in a pause.
    func rate(step: Int, of total: Int, base: Double, factor: Double, for operation: String) throws -> Double {
        switch self {
        case .function(let function):
            let result = try function.call([.integer(step)]).first ?? .none
            var number = result.asNumber
            if case .object(let object as Variable) = result, object.value.count == 1 {
                number = try object.value.item()
            }
            guard let number, number >= 0, number.isFinite else {
                throw ScriptError(operation, "schedule(\(step)) is \(result.shown); a finite number from 0 expected")
            }
            return factor * number
        case .named(let shape, let warmup, let final):
            if step <= warmup { return base * Double(step) / Double(warmup) }
            // 0 at the first step after the warm-up; 1 would be reached one step after the last.
            let part = Double(step - warmup - 1) / Double(max(total - warmup, 1))
            switch shape {
            case .constant: return base
            case .linear: return base * (final + (1 - final) * (1 - part))
            case .cosine: return base * (final + (1 - final) * (1 + Double.cos(.pi * part)) / 2)
            }
        }
    }

    /// The schedule's name in a checkpoint.
    var text: String {
        switch self {
        case .named(let shape, let warmup, let final): "\(shape.rawValue), warmup \(warmup), final \(shown(final))"
        case .function: "function"
        }
    }
}

extension Domain<RateSchedule> {
    private struct Settings {
        var kind = RateSchedule.Shape.constant
        var warmup = 0
        var final = 0.0

        static var options: OptionTable<Settings> {
            OptionTable(
                { Settings() }, .option("kind", \.kind, .choice()), .option("warmup", \.warmup, .integer(from: 0)),
                .option("final", \.final, .number(from: 0, to: 1)))
        }
    }

    /// `"cosine"`, `{kind = "cosine", warmup = 100, final = 0.1}`, or a function of the step.
    static var rateSchedule: Domain {
        let names = RateSchedule.Shape.allCases.map(\.rawValue)
        return Domain(
            .either([.choice(names), .table, .function]),
            expected:
                "\(names.map { "\"\($0)\"" }.joined(separator: ", ")), a table {kind = \"cosine\", warmup = 100} or a "
                    + "function of the step",
            show: { if case .named(let shape, _, _) = $0 { "\"\(shape.rawValue)\"" } else { "function" } }
        ) { value in
            switch value {
            case .function(let function): return .function(function)
            case .string(let name):
                guard let shape = RateSchedule.Shape(rawValue: name.text) else {
                    throw Fault(
                        "no schedule \(name.quoted())" + suggestion(for: name.text, among: names)
                            + "; there are \(names.joined(separator: ", "))")
                }
                return .named(shape, warmup: 0, final: 0)
            case .table(let table):
                let settings = try Settings.options.read(table, over: Settings())
                return .named(settings.kind, warmup: settings.warmup, final: settings.final)
            default: return nil
            }
        }
    }
}
