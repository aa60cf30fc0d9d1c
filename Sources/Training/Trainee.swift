import Autodiff
import Networks
import Scripting
import Tensors

/// The model that is trained: its tensors, and the loss.
struct Trainee {
    /// Its name in messages and files: `flow.NSF`.
    let name: String
    let parameters: [(name: String, value: Variable)]
    let buffers: [(name: String, value: Variable)]
    /// The networks in it, which are set to training mode during steps.
    let modules: [Module]
    /// How many numbers a row has; losses of images are also shown per number.
    let dimension: Int
    /// Losses in nats, one per row, whose mean is minimised: of a batch and its context, or of draws from the
    /// generator.
    let losses: (_ batch: TrainingBatch?, _ generator: Generator) throws -> Variable

    /// The number of draws per step, over all ranks, where there are no batches.
    var draws: Int?

    /// The parameters that are trained: those that require gradients, or all if none does.
    var trained: [(name: String, value: Variable)] {
        let wanted = parameters.filter { $0.value.requiresGrad }
        return wanted.isEmpty ? parameters : wanted
    }

    /// The generators that its networks draw from.
    var generators: [Generator] { modules.flatMap(\.generators) }

    func setTraining(_ flag: Bool) { for module in modules { module.setTraining(flag) } }
}

/// A batch of rows.
struct TrainingBatch {
    /// The rows, (B, D).
    let rows: Variable
    let context: Variable?
    /// The rows' indices in the script's data, from 0.
    let places: [Int]

    /// A part of the batch.
    func rows(_ part: Range<Int>) throws -> TrainingBatch {
        func cut(_ x: Variable) throws -> Variable {
            Variable(try x.value.slice(0, from: part.lowerBound, count: part.count))
        }
        return TrainingBatch(
            rows: try cut(rows), context: try context.map { $0.shape.count > 1 ? try cut($0) : $0 },
            places: Array(places[part]))
    }
}
