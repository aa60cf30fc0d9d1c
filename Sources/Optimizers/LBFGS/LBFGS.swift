import Autodiff
import Scripting
import Tensors

/// Limited-memory BFGS: Newton's method with an inverse Hessian made of the last few steps.
///
///     d <- -H g,   x <- x + t d     with t = lr, or found by ``StrongWolfe``
///
/// One `step` makes up to `max_iter` iterations and calls its closure at every point it looks at.
/// Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989. Every decision is that of
/// torch.optim.LBFGS.
final class LBFGS: Optimizer {
    /// The last iteration's point, gradient and direction, from which the next pair of differences is formed.
    struct Progress {
        var iterations = 0
        var evaluations = 0
        var history: CurvatureHistory
        /// The last iteration's values; nil before the first.
        var last: (direction: Tensor, t: Double, gradient: Tensor, loss: Double)?
    }

    let parameters: [Variable]
    private var settings: LBFGSSettings
    private let packing: Packing
    private var progress: Progress

    init(_ parameters: [Variable], _ settings: LBFGSSettings = LBFGSSettings(), for operation: String = "optim.LBFGS")
        throws
    {
        try Parameters.adopt(parameters, for: operation)
        self.parameters = parameters
        self.settings = settings
        // Stored, so that tostring shows the value in force.
        self.settings.evaluationLimit = settings.maxEvaluations
        packing = Packing(parameters.map(\.value))
        progress = Progress(history: CurvatureHistory(capacity: settings.historySize))
    }

    let name = "LBFGS"

    var learningRates: [Double] {
        get { [settings.lr] }
        set { if let lr = newValue.first { settings.lr = lr } }
    }

    func step(_ closure: Closure?, for operation: String) throws -> Variable? {
        guard let closure else {
            throw ScriptError(
                operation,
                "LBFGS evaluates the loss several times: pass a function that calls zero_grad, computes the loss, "
                    + "calls its backward and returns it"
            )
        }
        let (first, start) = try evaluation(closure, operation)
        var (loss, gradient) = start
        progress.evaluations += 1
        var calls = 1
        if try isFlat(gradient) { return first }

        for iteration in 1...settings.maxIterations {
            try Cancellation.check()
            progress.iterations += 1
            var history = progress.history
            let direction: Tensor
            var t = settings.lr
            if let last = progress.last {
                try history.add(y: gradient.plus(last.gradient, times: -1), s: last.direction.times(last.t))
                direction = try history.direction(against: gradient)
            } else {
                direction = try gradient.times(-1)
                t *= min(1, 1 / (try gradient.sumOfMagnitudes()))
            }
            progress.history = history
            let before = loss
            progress.last = (direction, t, gradient, before)
            let slope = try gradient.dot(direction)
            // The direction is not downhill by more than rounding. (NaN goes on, as in PyTorch, and shows in the
            // parameters.)
            if slope > -settings.changeTolerance { break }

            var evaluations = 0
            if settings.searchesLine {
                let search = StrongWolfe(
                    direction: try direction.largestMagnitude(), limit: settings.maxEvaluations - calls)
                let found = try search.search(
                    from: Trial(t: 0, value: loss, gradient: gradient, slope: slope), first: t
                ) {
                    try trial(at: $0, along: direction, closure, operation)
                }
                t = found.best.t
                (loss, gradient, evaluations) = (found.best.value, found.best.gradient, found.evaluations)
                try move(t, along: direction)
            } else {
                try move(t, along: direction)
                // After the last iteration the new gradient would not be used.
                if iteration != settings.maxIterations {
                    (loss, gradient) = try evaluation(closure, operation).point
                    evaluations = 1
                }
            }
            progress.last?.t = t
            calls += evaluations
            progress.evaluations += evaluations

            if iteration == settings.maxIterations || calls >= settings.maxEvaluations { break }
            if try isFlat(gradient) { break }
            if try direction.largestMagnitude() * abs(t) <= settings.changeTolerance { break }
            if abs(loss - before) < settings.changeTolerance { break }
        }
        return first
    }

    private func isFlat(_ gradient: Tensor) throws -> Bool {
        try gradient.largestMagnitude() <= settings.gradientTolerance
    }

    /// Calls the closure; the value and gradient are negated to maximise.
    private func evaluation(_ closure: Closure, _ operation: String) throws -> (loss: Variable, point: (Double, Tensor))
    {
        let loss = try evaluate(closure)
        guard loss.value.count == 1 else {
            throw ScriptError(
                operation,
                "the closure returned a tensor of shape \(Shape.describe(loss.shape)); the loss, a single number, "
                    + "expected"
            )
        }
        let gradient = try packing.pack(gradients(for: operation))
        let value = try loss.value.item()
        return (loss, settings.maximize ? (-value, try gradient.times(-1)) : (value, gradient))
    }

    private func move(_ t: Double, along direction: Tensor) throws {
        for (index, parameter) in parameters.enumerated() {
            try parameter.value.add(inPlace: packing.part(index, of: direction), scale: t, for: "optimizer:step")
        }
    }

    /// The point x + t d, with the parameters back at x afterwards, whatever the closure does.
    private func trial(at t: Double, along direction: Tensor, _ closure: Closure, _ operation: String) throws -> Trial {
        let saved = try parameters.map { try $0.value.copy() }
        let result = Result {
            try move(t, along: direction)
            return try evaluation(closure, operation).point
        }
        for (parameter, value) in zip(parameters, saved) { try parameter.value.write(value) }
        let (value, gradient) = try result.get()
        return Trial(t: t, value: value, gradient: gradient, slope: try gradient.dot(direction))
    }

    func state() throws -> [(name: String, value: Tensor)] {
        try LBFGSState.write(progress, lr: settings.lr, packing)
    }

    func load(_ state: [ByteString: Tensor], for operation: String) throws {
        var reader = StateReader(state, owner: description, operation: operation)
        let rates = try reader.learningRates(count: 1)
        let loaded = try LBFGSState.read(&reader, packing, capacity: settings.historySize)
        try reader.finish()
        progress = loaded
        if let rates { learningRates = rates }
    }

    var description: String { "optim.LBFGS{\(LBFGSSettings.options.text(of: settings))} (\(count(parameters)))" }
}
