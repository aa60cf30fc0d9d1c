import Autodiff
import Optimizers
import Scripting
import Tensors

private struct Times: UnaryFunction {
    let factor: Double
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x * T(factor) }
}

extension Trainer {
    /// One step: draws a batch, computes the gradient of its mean loss, and updates the weights.
    /// - Throws: ``ScriptError`` for a loss or a gradient that is not finite; the weights are then as before the step.
    func takeStep() throws {
        let before = (state.position, generatorStates)
        do {
            let number = state.step + 1
            let rate = try settings.schedule.rate(
                step: number, of: settings.steps, base: state.rate.base, factor: state.rate.factor, for: operation)
            // All ranks draw the whole batch from generators in equal states.
            let batch = try ranks.sharingErrors(for: operation) {
                try data?.next(&state.position, from: generator, for: operation)
            }
            optimizer.zeroGrad()
            let loss = try gradient(of: batch, step: number, before: before.1)
            let norm = try clip(step: number, batch, before: before.1)
            if optimizer.learningRates != [rate] { optimizer.learningRates = [rate] }
            // From here on the step is not interrupted half way.
            try Cancellation.$current.withValue(nil) {
                try optimizer.step()
                if let decay = settings.average, let average = state.average {
                    for (mean, parameter) in zip(average, trained) {
                        try mean.blend(inPlace: parameter.value.value, weight: 1 - decay)
                    }
                }
            }
            history.loss.append(loss)
            history.rate.append(rate)
            if settings.clipNorm != nil { history.norm.append(norm) }
            state.step = number
            if validation != nil, number.isMultiple(of: settings.validateEvery) || number == settings.steps {
                state.owesValidation = true
            }
        } catch {
            state.position = before.0
            restore(generators: before.1)
            throw error
        }
    }

    /// Computes the gradient, leaves it in the parameters, and returns the mean loss.
    private func gradient(of batch: TrainingBatch?, step: Int, before: [Generator.State]) throws -> Double {
        if ranks.size > 1 { return try sharedGradient(of: batch, step: step, before: before) }
        return try GradMode.$isEnabled.withValue(true) {
            let losses = try trainee.losses(batch, generator)
            let loss = try losses.mean()
            let value = try loss.value.item()
            guard value.isFinite else {
                throw try NonFinite(self, batch, before).error(of: losses.value, loss: value, step: step)
            }
            try loss.backward(for: operation)
            return value
        }
    }

    /// The norm of the gradient over all parameters; the gradient is scaled down to `clip_norm` if it is longer.
    private func clip(step: Int, _ batch: TrainingBatch?, before: [Generator.State]) throws -> Double {
        var sum = 0.0
        for (_, parameter) in trained {
            guard let gradient = parameter.grad?.value else { continue }
            let part = try gradient.squaredSum()
            if !part.isFinite, try !gradient.isFinite() {
                throw try NonFinite(self, batch, before).errorOfGradient(step: step)
            }
            sum += part
        }
        let norm = sum.squareRoot()
        guard let most = settings.clipNorm, norm > most else { return norm }
        // As torch.nn.utils.clip_grad_norm_.
        let factor = most / (norm + 1e-6)
        for (_, parameter) in trained {
            guard let gradient = parameter.grad?.value else { continue }
            parameter.grad = Variable(try gradient.map(Times(factor: factor)))
        }
        return norm
    }

    // MARK: Validation

    /// The loss of the validation rows with the weights that would be the result now.
    func validate() throws {
        guard let validation else {
            state.owesValidation = false
            return
        }
        let (value, weights) = try underAverages {
            trainee.setTraining(false)
            defer { trainee.setTraining(true) }
            let value = try validation.loss(of: trainee, ranks, for: operation)
            let isBest = value < state.best?.value ?? .infinity
            return (value, isBest ? try copies() : nil)
        }
        guard value.isFinite else {
            throw ScriptError(operation, "the loss of the validation rows is \(shown(value)) after step \(state.step)")
        }
        history.validation.append(value)
        history.validationSteps.append(state.step)
        if let weights {
            state.best = TrainingState.Best(weights: weights, value: value, step: state.step)
            state.stale = 0
        } else {
            state.stale += 1
        }
        state.owesValidation = false
    }

    /// Runs `body` with the averaged weights, if there are any.
    private func underAverages<R>(_ body: () throws -> R) throws -> R {
        guard let average = state.average else { return try body() }
        let raw = try copies()
        defer { Cancellation.$current.withValue(nil) { try? write(raw) } }
        try write(average)
        return try body()
    }

    /// Sets the final weights: the best, the averaged or the last ones.
    func takeFinalWeights() throws {
        try Cancellation.$current.withValue(nil) {
            if let best = state.best, settings.patience != nil || history.ended == "stop" {
                try write(best.weights)
            } else if let average = state.average {
                try write(average)
            }
        }
    }

    // MARK: States

    /// Copies of the weights, each in its own order in memory.
    func copies() throws -> [Tensor] {
        try trained.map { try $0.value.value.copy(inOrderOf: $0.value.value.layout) }
    }

    func write(_ weights: [Tensor]) throws {
        for (parameter, weight) in zip(trained, weights) { try parameter.value.value.write(weight, for: operation) }
    }

    var generatorStates: [Generator.State] { generators.map(\.state) }

    func restore(generators states: [Generator.State]) {
        for (generator, state) in zip(generators, states) { generator.restore(state) }
    }

    /// A copy of the whole state.
    func snapshot() throws -> TrainingSnapshot {
        var copy = state
        copy.average = try state.average?.map { try $0.copy(inOrderOf: $0.layout) }
        return TrainingSnapshot(
            state: copy, weights: try copies(), optimizer: try optimizer.state(), generators: generatorStates,
            history: history.mark)
    }

    func restore(_ snapshot: TrainingSnapshot) throws {
        let average = try snapshot.state.average?.map { try $0.copy(inOrderOf: $0.layout) }
        try Cancellation.$current.withValue(nil) {
            try write(snapshot.weights)
            try load(optimizer: snapshot.optimizer)
        }
        state = snapshot.state
        state.average = average
        history.cut(to: snapshot.history)
        restore(generators: snapshot.generators)
    }

    func load(optimizer state: [(name: String, value: Tensor)]) throws {
        try optimizer.load(Dictionary(state.map { (ByteString($0.name), $0.value) }) { $1 }, for: operation)
    }
}
