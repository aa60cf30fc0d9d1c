import Autodiff
import Scripting
import Tensors

/// A training step of several ranks: each computes its part of the batch, and the results are added on all. The sum is
/// that of a single program with the whole batch up to rounding; for a fixed number of ranks it is the same to the bit
/// every time.
extension Trainer {
    /// Leaves the gradient of the whole batch in the parameters of every rank; returns its mean loss.
    func sharedGradient(of batch: TrainingBatch?, step: Int, before: [Generator.State]) throws -> Double {
        let count = batch?.places.count ?? trainee.draws ?? 0
        let part = ranks.part(of: count)
        var loss = 0.0
        var drew = generators.map { _ in false }
        try ranks.sharingErrors(for: operation) {
            let own = try batch.map { try $0.rows(part) }
            drew = try drawingApart {
                // A batch may have fewer rows than there are ranks.
                if !part.isEmpty { loss = try backward(own, of: count, step: step, before: before) }
            }
        }
        let total = try exchange(loss: loss, drew: drew)
        guard total.isFinite else {
            throw ScriptError(operation, "the loss of all ranks together is \(shown(total)) at step \(step)")
        }
        return total
    }

    /// The gradient of this rank's share of the mean loss over `count` rows; returns that share.
    private func backward(
        _ own: TrainingBatch?, of count: Int, step: Int, before: [Generator.State]
    ) throws -> Double {
        try GradMode.$isEnabled.withValue(true) {
            let losses = try trainee.losses(own, generator)
            let share = try losses.sum() * (1 / Double(count))
            let value = try share.value.item()
            guard value.isFinite else {
                throw try NonFinite(self, own, before).error(of: losses.value, loss: value, step: step)
            }
            try share.backward(for: operation)
            return value
        }
    }

    /// Adds gradients and losses of all ranks, and sets generators to states that are equal on all ranks.
    private func exchange(loss: Double, drew: [Bool]) throws -> Double {
        // A flag for each parameter says whether it got a gradient here; it may have got one on another rank only. The
        // position of rank 0's generator, which ranks without rows did not advance, goes along as two halves that
        // float64 represents exactly.
        let place = ranks.rank == 0 ? generator.state.drawn : 0
        let facts =
            [loss, Double(place >> 32), Double(place & 0xffff_ffff)] + drew.map { $0 ? 1 : 0 }
            + trained.map { $0.value.grad == nil ? 0 : 1 }
        let gradients = try trained.map { _, parameter in
            let layout = parameter.value.layout
            return try parameter.grad?.value.ordered(as: layout) ?? .zeros(inOrderOf: layout, parameter.dtype)
        }
        let sums = try ranks.allreduce(
            [Tensor(facts, shape: [facts.count], .float64)] + gradients, .sum, for: "\(operation), gradients")
        let told = try sums[0].toArray()
        if data == nil, let high = UInt64(exactly: told[1]), let low = UInt64(exactly: told[2]) {
            var state = generator.state
            state.drawn = high << 32 | low
            generator.restore(state)
        }
        for (place, generator) in generators.enumerated() where told[3 + place] > 0 { skip(generator) }
        for (place, (_, parameter)) in trained.enumerated() {
            parameter.grad = told[3 + drew.count + place] > 0 ? Variable(sums[1 + place]) : nil
        }
        return told[0]
    }

    // MARK: Random numbers that differ from rank to rank

    /// The most words that a rank may draw in a step.
    private static let stride: UInt64 = 1 << 40

    /// Runs `body`, in which networks draw dropout masks for this rank's rows, with random streams of this rank's own.
    /// The generator that draws for the whole batch (`generator`, where there are no batches) is not changed.
    /// - Returns: which of the generators drew; all are back where they were.
    private func drawingApart(_ body: () throws -> Void) throws -> [Bool] {
        let own = generators.map { $0 !== generator || data != nil }
        let before = generatorStates
        for (generator, state) in zip(generators, before) where own[index(of: generator)] {
            let stream = state.stream &+ UInt64(ranks.rank + 1) << 32
            generator.restore(.init(seed: state.seed, stream: stream, drawn: state.drawn))
        }
        let apart = generatorStates
        try body()
        return generators.indices.map { place in
            guard own[place] else { return false }
            let moved = generators[place].state != apart[place]
            generators[place].restore(before[place])
            return moved
        }
    }

    private func index(of generator: Generator) -> Int { generators.firstIndex { $0 === generator } ?? 0 }

    /// Advances the generator past what any rank drew in this step, to a state equal on all ranks.
    private func skip(_ generator: Generator) {
        var state = generator.state
        state.drawn &+= Trainer.stride
        generator.restore(state)
    }

    // MARK: The beginning

    /// - Throws: on every rank, when the ranks would not train the same model on the same data.
    func checkSameOnAllRanks() throws {
        guard ranks.size > 1 else { return }
        var facts: [(name: String, word: UInt64)] = []
        func add(_ name: String, _ body: (inout WordHash) throws -> Void) throws {
            var hash = WordHash()
            try body(&hash)
            facts.append((name, hash.value))
        }
        try ranks.sharingErrors(for: operation) {
            try add("the options (steps, lr, batch_size)") {
                $0.add(UInt64(settings.steps))
                $0.add(settings.lr.bitPattern)
                $0.add(UInt64(data?.batchSize ?? trainee.draws ?? 0))
            }
            try add("the option optimizer") { $0.add("\(settings.optimizer.name) \(settings.optimizer.settings)") }
            try add("the options (clip_norm, average, validation, validate_every, patience)") {
                for number in [settings.clipNorm, settings.average] { $0.add((number ?? -1).bitPattern) }
                $0.add(UInt64(validation?.rows.count ?? 0))
                $0.add(UInt64(settings.validateEvery))
                $0.add(UInt64(settings.patience ?? 0))
            }
            try add("the presence of a callback") { $0.add(settings.callback == nil ? 0 : 1) }
            try add("the presence of a checkpoint") { $0.add(settings.checkpoint == nil ? 0 : 1) }
            for (name, parameter) in trainee.parameters {
                try add("the parameter \(name)") { try $0.add(parameter.value) }
            }
            if let data {
                try add("x") { try $0.add(data.x) }
                if let context = data.context { try add("the context") { try $0.add(context) } }
            }
            try add("the state of the random numbers") {
                for state in generatorStates {
                    $0.add(state.seed)
                    $0.add(state.stream)
                    $0.add(state.drawn)
                }
            }
        }
        try ranks.checkSame(facts, for: operation)
    }
}
