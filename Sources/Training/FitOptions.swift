import Optimizers
import Scripting
import Tensors

/// The options of `m:fit` as a script gives them.
struct FitOptions {
    var context: Tensor?
    var steps: Int?
    var epochs: Int?
    var batchSize: Int?
    var validation: ValidationWish?
    var validateEvery: Int?
    var patience: Int?
    var levels: Int?
    var transform: (any ScriptFunction)?
    var common = Common()

    /// The options that `m:fit_to` has, too.
    struct Common {
        var lr: Double?
        var optimizer = NamedOptimizer.adam
        var schedule = RateSchedule.constant
        var clipNorm: Double?
        var average: Double?
        var checkpoint: ByteString?
        var checkpointEvery: Int?
        var seed: Int?
        var callback: (any ScriptFunction)?
        var progress = ProgressWish.bar
    }

    static let common = OptionTable(
        { Common() },
        .option("lr", \.lr, .optional(.number(from: 0, finite: true)), "the step size; the optimizer's own by default"),
        .option(
            "optimizer", \.optimizer, .namedOptimizer,
            "its name, or a table of its options with the name: {name = \"adamw\", betas = {0.9, 0.99}}"),
        .option(
            "schedule", \.schedule, .rateSchedule,
            """
            of the step size: \"constant\", \"linear\" or \"cosine\" down to 0 at the last step; {kind = \"cosine\", \
            warmup = 100, final = 0.1} goes up to lr in 100 steps and down to 0.1 lr; or a function that gives the \
            step size itself, such as optim.schedule.cosine(lr, steps)
            """),
        .option(
            "clip_norm", \.clipNorm, .optional(.number(above: 0, finite: true)),
            "the whole gradient is made no longer than this; the history then has norm, the lengths before"),
        .option(
            "average", \.average, .optional(.number(from: 0, below: 1)),
            """
            the decay of a moving average of the weights that begins with the first ones: a <- average a + (1 - \
            average) w; validation looks at the averages, and they are the final weights
            """),
        .option("checkpoint", \.checkpoint, .optional(.bytes), "a file: if it is there, training goes on from it"),
        .option(
            "checkpoint_every", \.checkpointEvery,
            .optional(.integer(from: 1)),
            "steps between two saves; by default as often as takes a twentieth of the time, and at most every 30 s"),
        .option(
            "seed", \.seed, .optional(.integer),
            "of the batches, the noise and the rows for validation; drawn from the global generator by default"),
        .option(
            "callback", \.callback, .optional(.function),
            """
            callback(k, {loss, lr, epoch, norm, validation}) after step k, with what there is; training ends when it \
            returns false
            """),
        .option(
            "progress", \.progress, .progress,
            "whether a bar is drawn, in a terminal; a number writes a line to standard error every so many steps"))

    static let options = OptionTable(
        { FitOptions() },
        .option(
            "context", \.context, .optional(.plainTensor),
            "(N, C), or (C) for all rows: what a conditional flow is told"),
        .option(
            "steps", \.steps, .optional(.integer(from: 0)),
            "how long, counted from the beginning, also after a resume"),
        .option("epochs", \.epochs, .optional(.integer(from: 0)), "in place of steps: passes over the rows"),
        .option(
            "batch_size", \.batchSize, .optional(.integer(from: 1)),
            "256 by default, or all rows where there are less"),
        .option(
            "validation", \.validation, .optional(.validation),
            "a part of the rows (0.1), drawn at the beginning and not trained on; or rows of their own; or {rows, "
                + "context}"
        ),
        .option(
            "validate_every", \.validateEvery, .optional(.integer(from: 1)),
            "steps between two looks at the validation rows; an epoch's by default"),
        .option(
            "patience", \.patience, .optional(.integer(from: 1)),
            "training ends after so many validations without a new best one, and the best weights are put back"),
        .option(
            "dequantize", \.levels, .optional(.integer(from: 2, to: 1 << 24)),
            "levels, such as 256: x holds k / 255, and (k + u) / 256 is trained on, u drawn anew for every batch"),
        .option(
            "transform", \.transform, .optional(.function),
            "transform(batch, generator) gives the batch as it is trained on: shifted, flipped; before dequantize"),
        .options(\.common, common))
}

extension FitOptions.Common {
    /// - Parameter steps: the number of steps in all.
    func settings(steps: Int) -> Trainer.Settings {
        var settings = Trainer.Settings()
        settings.steps = steps
        settings.lr = lr ?? optimizer.lr
        (settings.optimizer, settings.schedule) = (optimizer, schedule)
        (settings.clipNorm, settings.average) = (clipNorm, average)
        (settings.checkpoint, settings.checkpointEvery) = (checkpoint, checkpointEvery)
        (settings.callback, settings.progress) = (callback, progress)
        return settings
    }

    /// The generator of training: by the option `seed`, or by a seed that the global generator draws.
    func generator(_ context: Context) -> Generator {
        let drawn = context.service(GlobalGenerator.self).generator.next64()
        return Generator(seed: seed.map { UInt64(bitPattern: Int64($0)) } ?? drawn, stream: 1)
    }
}
