import Autodiff
import Networks
import Scripting
import Tensors

/// What is trained: its tensors, and what is to become small.
struct Trainee {
    /// As messages and files call it: `flow.NSF`.
    let name: String
    let parameters: [(name: String, value: Variable)]
    let buffers: [(name: String, value: Variable)]
    /// The networks in it, in which dropout acts during training only.
    let modules: [Module]
    /// How many numbers a row has: losses of pictures are told per number as well.
    let dimension: Int
    /// Losses in nats, one per row, whose mean is made small; of a batch and its context, or of draws from the
    /// generator.
    let losses: (_ batch: TrainingBatch?, _ generator: Generator) throws -> Variable

    /// How many rows a step has, all ranks' together, where they are draws and no batch.
    var draws: Int?

    /// What training changes: the parameters that require gradients, or all where none does.
    var trained: [(name: String, value: Variable)] {
        let wanted = parameters.filter { $0.value.requiresGrad }
        return wanted.isEmpty ? parameters : wanted
    }

    /// What its networks draw from.
    var generators: [Generator] { modules.flatMap(\.generators) }

    func setTraining(_ flag: Bool) { for module in modules { module.setTraining(flag) } }
}

/// Rows that are looked at together.
struct TrainingBatch {
    /// (B, D)
    let rows: Variable
    let context: Variable?
    /// Which of the script's rows they are, counted from 0.
    let places: [Int]

    /// Some of the rows.
    func rows(_ part: Range<Int>) throws -> TrainingBatch {
        func cut(_ x: Variable) throws -> Variable {
            Variable(try x.value.slice(0, from: part.lowerBound, count: part.count))
        }
        return TrainingBatch(
            rows: try cut(rows), context: try context.map { $0.shape.count > 1 ? try cut($0) : $0 },
            places: Array(places[part]))
    }
}
