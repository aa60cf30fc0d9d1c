import Scripting

/// The record of a training run, step by step.
struct FitHistory {
    /// Losses in nats and step sizes of every step, and norms of gradients if they are clipped.
    var loss: [Double] = []
    var rate: [Double] = []
    var norm: [Double] = []
    /// Losses of the validation rows in nats, and the steps after which they were computed.
    var validation: [Double] = []
    var validationSteps: [Int] = []
    /// Why training ended: `steps`, `patience`, `callback`, `stop`.
    var ended = "steps"

    /// The lengths of all lists at some step, to cut them back to it.
    struct Mark {
        let steps: Int
        let validations: Int
    }

    var mark: Mark { Mark(steps: loss.count, validations: validation.count) }

    mutating func cut(to mark: Mark) {
        func cut<T>(_ list: inout [T], _ count: Int) { list.removeLast(max(list.count - count, 0)) }
        cut(&loss, mark.steps)
        cut(&rate, mark.steps)
        cut(&norm, mark.steps)
        cut(&validation, mark.validations)
        cut(&validationSteps, mark.validations)
    }

    /// The history as a table for scripts, with further facts.
    func value(_ facts: [(key: String, value: Value)]) -> Value {
        func numbers(_ list: [Double]) -> Value { .list(list.map { .number($0) }) }
        var fields: [(key: String, value: Value)] = [
            ("steps", .integer(loss.count)), ("loss", numbers(loss)), ("lr", numbers(rate)),
        ]
        if !norm.isEmpty { fields.append(("norm", numbers(norm))) }
        if !validation.isEmpty {
            fields.append(("validation", numbers(validation)))
            fields.append(("validation_steps", .list(validationSteps.map { .integer($0) })))
        }
        return .record(fields + facts + [("ended", .string(ended))])
    }
}
