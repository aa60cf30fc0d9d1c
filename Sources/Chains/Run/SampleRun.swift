import Scripting
import Tensors

/// A run of chains: what `mcmc.sample` does step by step. Everything a step depends on can be written to a table or a
/// file and read back.
final class SampleRun {
    struct Settings {
        var steps = 1000
        var warmup: Int?
        var thin = 1
        var targetAccept: Double?
        var stop: StopRule?

        /// All settings as one text, compared between ranks.
        var words: String {
            let warmup = warmup.map { "\($0)" } ?? "own", accept = targetAccept.map { "\($0)" } ?? "own"
            return "\(steps) \(warmup) \(thin) \(accept) \(stop?.description ?? "")"
        }
    }

    let kernel: any ChainKernel
    let target: Target
    let warmup: Int
    /// Steps in all, those of the warm-up included.
    let total: Int
    private let streams: ChainStreams
    private(set) var points: Points
    private(set) var adaptation: WarmUp
    private(set) var recorder: Recorder
    private let stop: StopRule?
    private(set) var stoppedBy = ""

    var step: Int { recorder.steps }
    var key: UInt64 { streams.key }

    init(_ kernel: any ChainKernel, _ target: Target, at position: Rows, key: UInt64, _ settings: Settings) throws {
        (self.kernel, self.target, stop) = (kernel, target, settings.stop)
        let probe = try WarmUp(kernel, steps: 0, width: target.width, goal: settings.targetAccept)
        warmup = settings.warmup ?? (probe.isNeeded ? 1000 : 0)
        guard !probe.isNeeded || warmup >= 1 else {
            throw Fault(
                "warmup", "a step at least expected, as \(kernel.description) leaves something to be found in it; got 0"
            )
        }
        total = warmup + settings.steps
        adaptation = try WarmUp(kernel, steps: warmup, width: target.width, goal: settings.targetAccept)
        streams = ChainStreams(key: key, chains: target.chains)
        recorder = Recorder(warmup: warmup, thin: settings.thin)
        points = try target.start(position)
        streams.begin(step: 0)
        target.place = "in the first trials of a step size"
        try adaptation.findFirst(trial)
    }

    private func trial(_ size: Double, _ metric: Metric) throws -> [Double] {
        try kernel.trial(points, by: size, metric, target, streams)
    }

    /// Whether there is another step to do.
    var goesOn: Bool { step < total && stoppedBy.isEmpty }

    /// The step size of the next step; after the last step, the one it had.
    var size: Double { adaptation.size(at: min(step + 1, max(total, 1))) }

    func advance() throws {
        let k = step + 1
        try Cancellation.check()
        streams.begin(step: k)
        target.place = "at step \(k)\(k <= warmup ? " (of the warm-up)" : "")"
        let before = points
        let move = try kernel.step(before, by: adaptation.size(at: k), adaptation.metric, target, streams)
        points = move.points
        try adaptation.learn(k, move, trial: trial)
        try recorder.add(move, from: before, target)
        if let stop, recorder.isKept(k), stop.isDue(recorder.draws.count), try stop.isMet(recorder.samples(target)) {
            stoppedBy = stop.description
        }
    }

    func end(because reason: String) { stoppedBy = reason }

    // MARK: A table in a pause

    var trace: Double { points.logProb.reduce(0, +) / Double(target.chains) }

    func fields() throws -> [(key: String, value: Value)] {
        let numbers = adaptation.numbers
        return try ChainTable.write(points, target) + [
            (key: "adaptation", value: .tensor(try Tensor(numbers, shape: [numbers.count], .float64))),
            (key: "step_size", value: .number(size)),
        ]
    }

    /// Goes on after step k from a table: the state as it was, that of an earlier step, or one that a script has
    /// changed.
    func takeUp(_ table: any ScriptTable, after k: Int) throws {
        recorder.goBack(to: k)
        if case .object(let object as Variable) = try table.value(for: "adaptation") {
            try adaptation.restore(object.value.toArray())
        }
        if let asked = try table.value(for: "step_size").asNumber, asked != adaptation.size(at: k + 1) {
            guard asked > 0, asked.isFinite else {
                throw Fault("step_size is \(shown(asked)); a finite number above 0 expected")
            }
            adaptation.replace(size: asked)
        }
        if let same = try ChainTable.read(table, target) {
            points = same
        } else if case .object(let object as Variable) = try table.value(for: "x"),
            object.shape == [target.chains] + target.shape
        {
            target.place = "after the pause"
            points = try target.start(try target.support.unconstrain(object.value, "x"))
        } else {
            throw Fault("x: a tensor of shape \(Shape.describe([target.chains] + target.shape)) expected")
        }
    }

    // MARK: A file

    /// Whether a log-density is what it was, up to a tolerance relative to that, which must therefore be finite.
    private func isSame(_ now: Double, _ saved: Double, _ tolerance: Double) -> Bool {
        now == saved || saved.isFinite && abs(now - saved) <= tolerance * (1 + abs(saved))
    }

    /// - Throws: ``Fault`` when the tensors are not those of this run.
    func restore(_ read: (String) throws -> Tensor) throws {
        let (position, gradient) = (try read("position"), try read("gradient"))
        let saved = try Points(
            position: Rows(checked: position, target.chains, target.width), logProb: read("log_prob").toArray(),
            target: read("target").toArray(),
            gradient: Rows(checked: gradient, target.chains, target.usesGradient ? target.width : 0))
        guard saved.logProb.count == target.chains, saved.target.count == target.chains else {
            throw Fault("the file has other chains")
        }
        target.place = "at the saved points"
        let now = try target.evaluate(saved.position)
        target.forgetEvaluations()
        // Log-densities are compared with a tolerance: rounding of some kernels depends on the size of the batch.
        let tolerance = target.dtype == .float64 ? 1e-9 : 1e-4
        for row in 0..<target.chains
        where !isSame(now.target[row], saved.target[row], tolerance)
            || !isSame(now.logProb[row], saved.logProb[row], tolerance) {
            throw Fault(
                """
                log_prob of chain \(row + 1) is \(shown(now.logProb[row])) at its saved point, and was \
                \(shown(saved.logProb[row])) (\(shown(now.target[row])) and \(shown(saved.target[row])) in \
                unconstrained space): the checkpoint is of another log_prob; remove it to start anew
                """)
        }
        guard saved.gradient.values.allSatisfy(\.isFinite) || !now.gradient.values.allSatisfy(\.isFinite) else {
            throw Fault("the file's gradient is not finite: it is damaged; remove it to start anew")
        }
        points = saved
        try adaptation.restore(read("warm_up").toArray())
        try recorder.restore(target, read)
        if let stop, !recorder.draws.isEmpty, stop.isDue(recorder.draws.count), try stop.isMet(recorder.samples(target))
        {
            stoppedBy = stop.description
        }
    }

    func tensors() throws -> [(name: String, tensor: Tensor)] {
        let (chains, numbers) = (target.chains, adaptation.numbers)
        return try [
            ("position", Tensor(points.position.values, shape: [chains, target.width], .float64)),
            ("gradient", Tensor(points.gradient.values, shape: [chains, points.gradient.width], .float64)),
            ("log_prob", Tensor(points.logProb, shape: [chains], .float64)),
            ("target", Tensor(points.target, shape: [chains], .float64)),
            ("warm_up", Tensor(numbers, shape: [numbers.count], .float64)),
        ] + recorder.tensors(target)
    }
}

extension Rows {
    /// - Throws: ``Fault`` when the tensor has another shape.
    init(checked tensor: Tensor, _ count: Int, _ width: Int) throws {
        guard tensor.shape == [count, width] else {
            throw Fault(
                "a tensor of shape \(Shape.describe([count, width])) expected, got \(Shape.describe(tensor.shape))")
        }
        try self.init(tensor.toArray(), count: count, width: width)
    }
}
