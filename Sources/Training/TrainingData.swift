import Autodiff
import Scripting
import Tensors

/// The data of a training run: which rows each step gets, and how they are prepared.
///
/// The data stays in the script's tensor; a batch is copied out of it when it is its turn.
struct TrainingData {
    /// The script's data, (N, ...).
    let x: Tensor
    /// The context, (N, C), or (C) for all rows.
    let context: Tensor?
    let dimension: Int
    let batchSize: Int
    /// The rows that are trained on, from 0, in increasing order; nil for all.
    let rows: [Int]?
    /// The number of levels of integer data that uniform noise makes continuous, drawn anew for every batch; nil for
    /// none.
    let levels: Int?
    /// The script's `transform(batch, generator)`, for augmentation: shifts, flips, noise.
    let transform: (any ScriptFunction)?

    var count: Int { rows?.count ?? x.shape[0] }
    var stepsPerEpoch: Int { (count + batchSize - 1) / batchSize }

    /// The position in the data: the epoch, and how many of its rows were used.
    struct Position {
        var epoch = 0
        var cursor = 0
        /// The order of the rows in this epoch.
        var order: [Int] = []
        /// The generator's state when the order was drawn, from which it can be drawn again.
        var epochStart = Generator.State(seed: 0)
    }

    /// The next batch. The order of rows is drawn at the beginning of every epoch; an epoch's last batch may be
    /// smaller.
    func next(_ position: inout Position, from generator: Generator, for operation: String) throws -> TrainingBatch {
        if position.cursor >= position.order.count {
            position.epochStart = generator.state
            (position.order, position.cursor) = (generator.permutation(count), 0)
            position.epoch += 1
        }
        let end = min(position.cursor + batchSize, position.order.count)
        let places = position.order[position.cursor..<end].map { rows?[$0] ?? $0 }
        position.cursor = end
        var batch = try x.rows(at: places, for: operation)
        if let transform { batch = try transformed(batch, by: transform, generator, operation) }
        return try made(batch, places, noise: generator, operation)
    }

    /// The rows at `places` without the script's transform, dequantised by `noise`: for validation.
    func batch(_ places: [Int], noise: Generator, for operation: String) throws -> TrainingBatch {
        try made(x.rows(at: places, for: operation), places, noise: noise, operation)
    }

    /// The order of a position's epoch, drawn again after a position was read from a file.
    func order(from start: Generator.State) -> [Int] {
        let generator = Generator(seed: 0)
        generator.restore(start)
        return generator.permutation(count)
    }

    private func made(_ batch: Tensor, _ places: [Int], noise: Generator, _ operation: String) throws -> TrainingBatch {
        var batch = batch
        if let levels { batch = try batch.dequantized(levels: levels, from: noise, for: operation) }
        if !batch.dtype.isFloating || batch.dtype == .float16 { batch = try batch.cast(.float32) }
        let rows = Variable(try batch.reshape([places.count, dimension], for: operation))
        guard let context, context.rank > 1 else {
            return TrainingBatch(rows: rows, context: context.map { Variable($0) }, places: places)
        }
        return TrainingBatch(
            rows: rows, context: Variable(try context.rows(at: places, for: operation)), places: places)
    }

    private func transformed(
        _ batch: Tensor, by function: any ScriptFunction, _ generator: Generator, _ operation: String
    ) throws -> Tensor {
        let result = try GradMode.$isEnabled.withValue(false) {
            try function.call([.tensor(batch), .object(generator)]).first ?? .none
        }
        guard case .object(let object as Variable) = result else {
            throw ScriptError(operation, "transform returned \(result.shown); the batch, a tensor, expected")
        }
        guard object.shape == batch.shape else {
            throw ScriptError(
                operation,
                "transform made \(Shape.describe(object.shape)) of a batch \(Shape.describe(batch.shape)): the same "
                    + "shape expected"
            )
        }
        return object.value
    }
}

extension TrainingData {
    /// Checks the script's x: rows of `dimension` numbers, all finite.
    /// - Throws: ``Fault`` with the shape, or the row and element.
    static func check(_ x: Tensor, _ name: String, dimension: Int) throws {
        let each = x.shape.dropFirst().reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard x.rank >= 2, each == dimension else {
            throw Fault(
                name,
                "shape \(Shape.describe(x.shape)); (N, \(dimension)), or (N, H, W) with H W = \(dimension), expected: "
                    + "a row for each point"
            )
        }
        guard x.shape[0] > 0 else { throw Fault(name, "there are no rows in \(Shape.describe(x.shape))") }
        guard try !x.isFinite() else { return }
        let rows = x.shape[0]
        for row in 0..<rows {
            let numbers = try x.select(0, row).toArray()
            if let place = numbers.firstIndex(where: { !$0.isFinite }) {
                throw Fault(
                    name,
                    "row \(row + 1) of \(rows) has \(shown(numbers[place])) as its element \(place + 1); finite "
                        + "numbers expected"
                )
            }
        }
    }

    /// Checks the script's context: (N, C), or (C) for all rows.
    static func check(context: Tensor, _ name: String, rows: Int) throws {
        guard context.rank == 1 || (context.rank == 2 && context.shape[0] == rows) else {
            throw Fault(name, "shape \(Shape.describe(context.shape)); (\(rows), C), or (C) for all rows, expected")
        }
        guard try context.isFinite() else { throw Fault(name, "it holds NaN or infinity") }
    }
}
