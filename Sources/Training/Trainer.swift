import Autodiff
import Optimizers
import Runs
import Scripting
import Tensors

/// Training: optimiser steps on the mean loss of batches, with validation, checkpoints and pauses.
///
/// A step is done completely or not at all, whatever stops it: generators that drew in an unfinished step are set back.
/// So the state between any two steps is one from which a run continues with the same numbers.
final class Trainer {
    struct Settings {
        /// The last step's number, counted from the beginning, also after a resume.
        var steps = 0
        var lr = 1e-3
        var optimizer = NamedOptimizer.adam
        var schedule = RateSchedule.constant
        var patience: Int?
        var clipNorm: Double?
        /// The decay of the moving average of the weights; nil for none.
        var average: Double?
        var checkpoint: ByteString?
        /// Steps between two saves; nil for as often as saving takes little of the time.
        var checkpointEvery: Int?
        var validateEvery = 1
        var callback: (any ScriptFunction)?
        var progress = ProgressWish.bar
    }

    let trainee: Trainee
    let settings: Settings
    let data: TrainingData?
    let validation: Validation?
    let context: Context
    /// The ranks that train together; each computes its part of every batch.
    let ranks: any Communicator
    let operation: String
    /// The generator that training draws from.
    let generator: Generator
    /// Training's generator, the host's, and those of networks, each once.
    let generators: [Generator]
    let optimizer: any Optimizer
    let trained: [(name: String, value: Variable)]
    /// Whether each parameter required a gradient before; the optimiser turns it on for all.
    private let wanted: [Bool]
    var state: TrainingState
    var history = FitHistory()
    var pause: TrainingPause
    private var display: TrainingDisplay
    private var saving: CheckpointClock

    init(
        _ trainee: Trainee, _ settings: Settings, data: TrainingData?, validation: Validation?,
        from generator: Generator,
        start: Generator.State, _ context: Context, for operation: String
    ) throws {
        (self.trainee, self.settings, self.data, self.validation) = (trainee, settings, data, validation)
        (self.generator, self.context, self.operation) = (generator, context, operation)
        ranks = context.service(Ranks.self).communicator
        var seen: Set<ObjectIdentifier> = []
        generators = ([generator, context.service(GlobalGenerator.self).generator] + trainee.generators)
            .filter { seen.insert(ObjectIdentifier($0)).inserted }
        trained = trainee.trained
        wanted = trained.map(\.value.requiresGrad)
        optimizer = try settings.optimizer.make(trained.map(\.value), settings.lr, operation)
        state = TrainingState(rate: .init(given: settings.lr, base: settings.lr), start: start)
        pause = TrainingPause(context)
        display = TrainingDisplay(
            ranks.rank == 0 ? settings.progress : .none, steps: settings.steps, dimension: trainee.dimension,
            levels: data?.levels)
        saving = CheckpointClock(every: settings.checkpointEvery)
    }

    /// Trains to the last step, or until something ends it earlier. The weights are then the best ones with `patience`,
    /// else the averages if asked for, else the last.
    func run() throws {
        let modes = trainee.modules.map(\.modes)
        trainee.setTraining(true)
        defer {
            for (module, modes) in zip(trainee.modules, modes) { module.restore(modes: modes) }
            optimizer.zeroGrad()
            for (parameter, flag) in zip(trained, wanted) where !flag { try? parameter.value.setRequiresGrad(false) }
            display.finish()
        }
        try begin()
        do {
            _ = try pause.offer.set(true)
            while try !isAtEnd() {
                try advance()
                if let callback = settings.callback, try isRefused(by: callback) { history.ended = "callback" }
                if try pause.offer.set(true) { try waitForAnswer() }
                if settings.checkpoint != nil, ranks.rank == 0, saving.isDue(state.step) { saveOnTheWay() }
            }
            _ = try pause.offer.set(false)
        } catch {
            // The error that stopped training is reported, not a failure to save after it.
            try? Cancellation.$current.withValue(nil) { try save() }
            throw error
        }
        try ranks.sharingErrors(for: operation) { try save() }
        if settings.checkpoint != nil { try ranks.barrier(for: "\(operation), its last checkpoint") }
        try takeFinalWeights()
    }

    private func isAtEnd() throws -> Bool {
        guard history.ended == "steps" else { return true }
        if state.owesValidation { return false }
        if let patience = settings.patience, state.stale >= patience {
            history.ended = "patience"
            return true
        }
        return state.step >= settings.steps
    }

    /// Starts from the beginning, or from the checkpoint.
    private func begin() throws {
        let isThere = try ranks.first(settings.checkpoint?.fileExists ?? false, for: operation)
        if let path = settings.checkpoint, isThere {
            try ranks.sharingErrors(for: operation) { try TrainingCheckpoint.load(path, into: self) }
        } else {
            if settings.average != nil { state.average = try copies() }
            // A first save, so that a missing folder or a full disk is reported before hours of work.
            try ranks.sharingErrors(for: operation) { try save() }
        }
        try checkSameOnAllRanks()
        try pause.remember(self)
        display.start(at: state.step)
    }

    /// One step, and the validation if one is due after it.
    private func advance() throws {
        if !state.owesValidation { try takeStep() }
        if state.owesValidation { try validate() }
        try pause.remember(self)
        display.show(state.step, history, rows: data.map { min($0.batchSize, $0.count) })
    }

    /// Repeats steps after going back to an earlier state; callbacks are not called again.
    func repeatSteps(to step: Int) throws {
        while state.step < step || state.owesValidation {
            if !state.owesValidation { try takeStep() }
            if state.owesValidation { try validate() }
        }
    }

    private func waitForAnswer() throws {
        _ = try pause.offer.set(false)
        if try !pause.ask(self) { history.ended = "stop" }
        display.start(at: state.step)
        _ = try pause.offer.set(true)
    }

    private func isRefused(by callback: any ScriptFunction) throws -> Bool {
        var facts: [(key: String, value: Value)] = [
            ("loss", .number(history.loss.last ?? .nan)), ("lr", .number(history.rate.last ?? .nan)),
            ("epoch", .integer(state.position.epoch)),
        ]
        if let norm = history.norm.last { facts.append(("norm", .number(norm))) }
        if let value = history.validation.last, history.validationSteps.last == state.step {
            facts.append(("validation", .number(value)))
        }
        let answer = try ranks.sharingErrors(for: operation) {
            try callback.call([.integer(state.step), .record(facts)]).first ?? .none
        }
        // A callback that returns false on one rank ends training on all.
        if case .boolean(false) = answer { return try ranks.any(true, for: "\(operation), callback") }
        return try ranks.any(false, for: "\(operation), callback")
    }

    // MARK: Files

    /// Writes the checkpoint, if one was asked for. All ranks have the same state; rank 0 writes it.
    private func save() throws {
        guard let path = settings.checkpoint, ranks.rank == 0 else { return }
        try saving.measure(step: state.step) { try TrainingCheckpoint.save(path, of: self) }
    }

    /// Saves during training. A failure (such as a full disk) is reported, and training goes on; the previous file
    /// stays whole.
    private func saveOnTheWay() {
        do {
            try Cancellation.$current.withValue(nil) { try save() }
        } catch {
            saving.postpone(step: state.step)
            StandardStream.error.line("\(error): training goes on, the checkpoint stays that of an earlier step")
        }
    }
}
