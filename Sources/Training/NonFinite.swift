import Autodiff
import Scripting
import Tensors

/// Finds which operation made a loss or a gradient that is not finite, for the error that ends training.
struct NonFinite {
    private let trainer: Trainer
    private let batch: TrainingBatch?
    private let generators: [Generator.State]

    /// - Parameter generators: their states when the step began, so that it can be repeated.
    init(_ trainer: Trainer, _ batch: TrainingBatch?, _ generators: [Generator.State]) {
        (self.trainer, self.batch, self.generators) = (trainer, batch, generators)
    }

    private static let kept = "the weights are those before the step"

    /// The error for a loss that is not finite.
    func error(of losses: Tensor, loss: Double, step: Int) throws -> ScriptError {
        var parts = ["the loss is \(shown(loss)) at step \(step)"]
        if let parameter = try trainer.trainee.parameters.first(where: { try !$0.value.value.isFinite() }) {
            parts.append("the parameter \(parameter.name) is not finite before it")
        } else {
            let wrong = try losses.toArray().enumerated().filter { !$0.element.isFinite }.map(\.offset)
            if let batch {
                let rows = wrong.map { batch.places.indices.contains($0) ? batch.places[$0] + 1 : $0 + 1 }
                if !rows.isEmpty { parts.append("from \(NonFinite.list(rows, "row")) of x") }
                if try !batch.rows.value.isFinite() { parts.append("the batch itself is not finite after transform") }
            } else if !wrong.isEmpty {
                parts.append("from \(wrong.count) of \(losses.count) draws")
            }
            if let birth = try birth(rows: wrong) { parts.append(birth) }
        }
        return ScriptError(trainer.operation, (parts + [NonFinite.kept]).joined(separator: "; "))
    }

    func errorOfGradient(step: Int) throws -> ScriptError {
        let wrong = try trainer.trained.filter { _, parameter in
            try parameter.grad.map { try !$0.value.isFinite() } ?? false
        }
        var parts = [
            "the loss is finite at step \(step), but its gradient by \(wrong.first?.name ?? "a parameter") is not"
        ]
        if wrong.count > 1 { parts[0] += " (and by \(wrong.count - 1) more)" }
        // The step is repeated in anomaly mode: the first gradient rule that makes a NaN throws.
        do {
            trainer.restore(generators: generators)
            trainer.optimizer.zeroGrad()
            try AnomalyMode.$isEnabled.withValue(true) {
                try GradMode.$isEnabled.withValue(true) {
                    try trainer.trainee.losses(again(nil), trainer.generator).mean().backward(for: trainer.operation)
                }
            }
        } catch let error as ScriptError {
            parts.append(error.operation == "autodiff" ? error.message : "\(error)")
        }
        return ScriptError(trainer.operation, (parts + [NonFinite.kept]).joined(separator: "; "))
    }

    /// The operation that made the first such number, found by evaluating these rows once more.
    private func birth(rows: [Int]) throws -> String? {
        for some in [Array(rows.prefix(1)), nil] {
            if some?.isEmpty == true || (batch == nil && some != nil) { continue }
            trainer.restore(generators: generators)
            let log = OperationLog(naming: trainer.trainee.parameters)
            let result = try log.recording {
                try GradMode.$isEnabled.withValue(false) { try trainer.trainee.losses(again(some), trainer.generator) }
            }
            guard try !result.value.isFinite(), let entry = log.birth(of: result.value) else { continue }
            let shapes = entry.outputs.map { Shape.describe($0.shape) }.joined(separator: ", ")
            let place = entry.parameter.map { ", behind \($0)" } ?? ""
            let from = entry.wrongInputs.isEmpty ? "of finite numbers" : "of numbers that came in so"
            return "it was born in \(entry.operation), which made \(shapes) \(from)\(place)"
        }
        return nil
    }

    /// The batch, or the given rows of it.
    private func again(_ rows: [Int]?) throws -> TrainingBatch? {
        guard let batch, let rows else { return batch }
        let context = try batch.context.map { context in
            context.shape.count > 1 ? Variable(try context.value.rows(at: rows, for: trainer.operation)) : context
        }
        return TrainingBatch(
            rows: Variable(try batch.rows.value.rows(at: rows, for: trainer.operation)), context: context,
            places: rows.map { batch.places[$0] })
    }

    /// Numbers of rows in words: `row 17`, `rows 3, 17, 20 and 5 more`.
    private static func list(_ numbers: [Int], _ word: String) -> String {
        let shown = numbers.prefix(5).map(String.init).joined(separator: ", ")
        let more = numbers.count > 5 ? " and \(numbers.count - 5) more" : ""
        return "\(word)\(numbers.count > 1 ? "s" : "") \(shown)\(more)"
    }
}
