import Files
import Scripting
import Tensors

/// The options of `m:fit`, checked against the data.
struct FitPlan {
    let data: TrainingData

    /// - Throws: ``Fault`` for data that is not finite or of another width, and options that do not go together.
    init(_ x: Tensor, _ options: FitOptions, dimension: Int) throws {
        try TrainingData.check(x, "x", dimension: dimension)
        if let context = options.context { try TrainingData.check(context: context, "context", rows: x.shape[0]) }
        switch (options.steps, options.epochs) {
        case (nil, nil): throw Fault("steps or epochs expected: how long to train")
        case (.some, .some): throw Fault("both steps and epochs were given; one of them expected")
        default: break
        }
        if options.patience != nil, options.validation == nil {
            throw Fault(
                "patience",
                "there is no validation to be patient about; validation = 0.1 keeps a tenth of the rows for it")
        }
        data = TrainingData(
            x: try x.contiguous(), context: try options.context?.contiguous(), dimension: dimension,
            batchSize: options.batchSize ?? min(256, x.shape[0]), rows: nil, levels: options.levels,
            transform: options.transform)
    }

    func with(rows: [Int]) -> TrainingData {
        TrainingData(
            x: data.x, context: data.context, dimension: data.dimension, batchSize: data.batchSize, rows: rows,
            levels: data.levels, transform: data.transform)
    }

    func validationData(_ rows: Tensor, _ context: Tensor?) throws -> TrainingData {
        TrainingData(
            x: try rows.contiguous(), context: context, dimension: data.dimension, batchSize: data.batchSize, rows: nil,
            levels: data.levels, transform: nil)
    }

    static func checkBatch(_ data: TrainingData, _ wanted: Int?) throws {
        guard let wanted, wanted > data.count else { return }
        throw Fault("batch_size", "\(wanted) rows in a batch are more than the \(data.count) that are trained on")
    }

    func steps(_ options: FitOptions, _ data: TrainingData) throws -> Int {
        if let steps = options.steps { return steps }
        let (steps, overflow) = (options.epochs ?? 0).multipliedReportingOverflow(by: data.stepsPerEpoch)
        guard !overflow else {
            throw Fault("epochs", "\(options.epochs ?? 0) of \(data.stepsPerEpoch) steps each are too many")
        }
        return steps
    }

    // MARK: Rows for validation

    /// The state in which a run's generator began: the checkpoint's, if there is one, else its own.
    static func start(_ path: ByteString?, else own: Generator.State, for operation: String) throws -> Generator.State {
        guard let path, path.fileExists, let tensor = try Checkpoint.load(path, for: operation)["run.generators"],
            tensor.dtype == .int64, tensor.rank == 2, tensor.shape[0] > 0, tensor.shape[1] == 3
        else { return own }
        let words = try tensor.select(0, 0).toIntegers().map { UInt64(UInt(bitPattern: $0)) }
        return Generator.State(seed: words[0], stream: words[1], drawn: words[2])
    }

    /// The rows for validation and the rows to train on, each in the data's order.
    /// - Throws: ``Fault`` when one of the two would be empty.
    static func divided(
        _ count: Int, _ part: Double, from start: Generator.State
    ) throws -> (kept: [Int], trained: [Int]) {
        let kept = Int((part * Double(count)).rounded())
        guard kept > 0, kept < count else {
            throw Fault(
                "validation",
                "\(shown(part)) of \(count) rows are \(kept); at least one for each of validation and training expected"
            )
        }
        let own = Generator(seed: start.seed, stream: start.stream &+ 1)
        let order = own.permutation(count)
        return (order.prefix(kept).sorted(), order.dropFirst(kept).sorted())
    }

    /// The generator of validation's noise, the same at every validation.
    static func noise(_ start: Generator.State) -> Generator.State {
        Generator.State(seed: start.seed, stream: start.stream &+ 2)
    }
}
