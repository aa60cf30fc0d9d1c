import Files
import Optimizers
import Scripting
import Tensors

/// A training run in a file: weights, what the optimiser remembers, averages, the best weights, generators, the place
/// in the epoch, the history. Safetensors, so that `checkpoint.load` reads it, too.
enum TrainingCheckpoint {
    private static let format = "luaflow training 1"

    // MARK: Writing

    /// Writes the file whole or not at all: after a failure or a kill the previous file is still there.
    static func save(_ path: ByteString, of trainer: Trainer) throws {
        let state = trainer.state
        let history = trainer.history
        var dict = StateDict(metadata: facts(of: trainer))
        func add(_ prefix: String, _ names: [String], _ tensors: [Tensor]) {
            for (name, tensor) in zip(names, tensors) { dict["\(prefix).\(name)"] = tensor }
        }
        let names = trainer.trained.map(\.name)
        add("model", trainer.trainee.parameters.map(\.name), trainer.trainee.parameters.map(\.value.value))
        add("buffer", trainer.trainee.buffers.map(\.name), trainer.trainee.buffers.map(\.value.value))
        for (name, value) in try trainer.optimizer.state() { dict["optimizer.\(name)"] = value }
        if let average = state.average { add("average", names, average) }
        if let best = state.best { add("best", names, best.weights) }
        func add(_ name: String, _ numbers: [Double]) throws {
            dict["history.\(name)"] = try Tensor(numbers, shape: [numbers.count], .float64)
        }
        try add("loss", history.loss)
        try add("lr", history.rate)
        try add("norm", history.norm)
        try add("validation", history.validation)
        dict["history.validation_steps"] = try Tensor(
            integers: history.validationSteps, shape: [history.validationSteps.count])
        let whole = [
            state.step, state.position.epoch, state.position.cursor, state.stale, state.owesValidation ? 1 : 0,
            state.best?.step ?? -1,
        ]
        dict["run.whole"] = try Tensor(integers: whole, shape: [whole.count])
        let numbers = [state.rate.given, state.rate.base, state.rate.factor, state.best?.value ?? 0]
        dict["run.numbers"] = try Tensor(numbers, shape: [numbers.count], .float64)
        let states = [state.start, state.position.epochStart] + trainer.generatorStates
        let words = states.flatMap { [$0.seed, $0.stream, $0.drawn] }.map { Int(bitPattern: UInt($0)) }
        dict["run.generators"] = try Tensor(integers: words, shape: [states.count, 3])
        try Checkpoint.saveSafetensors(path, dict, for: trainer.operation)
    }

    /// What has to be equal for a resumed run to give the numbers of an uninterrupted one.
    private static func facts(of trainer: Trainer) -> [ByteString: String] {
        let settings = trainer.settings
        var facts: [ByteString: String] = [
            "format": format, "model": trainer.trainee.name, "optimizer": settings.optimizer.name,
            "optimizer settings": settings.optimizer.settings, "average": settings.average.map { shown($0) } ?? "none",
            "clip_norm": settings.clipNorm.map { shown($0) } ?? "none",
        ]
        if let data = trainer.data {
            facts["batch_size"] = "\(data.batchSize)"
            facts["rows"] = Shape.describe([data.count] + data.x.shape.dropFirst())
            facts["dequantize"] = data.levels.map { "\($0)" } ?? "none"
        }
        facts["validation rows"] = trainer.validation.map { "\($0.rows.count)" } ?? "none"
        return facts
    }

    // MARK: Reading

    /// - Throws: ``ScriptError`` for a file that is no checkpoint, is damaged, or belongs to another model or other
    ///   options; nothing is changed then.
    static func load(_ path: ByteString, into trainer: Trainer) throws {
        let reader = Reader(path, try Checkpoint.load(path, for: trainer.operation), trainer)
        try reader.checkFacts(facts(of: trainer), format: format)
        let parameters = try reader.tensors("model", trainer.trainee.parameters)
        try reader.checkBuffers(trainer.trainee.buffers)
        var state = trainer.state
        let whole = try reader.integers("run.whole", 6)
        guard whole.prefix(4).allSatisfy({ 0...(1 << 53) ~= $0 }) else {
            throw reader.error("run.whole holds \(whole): numbers of steps, epochs and rows from 0 to 2^53 expected")
        }
        let numbers = try reader.numbers("run.numbers", 4)
        guard numbers.prefix(3).allSatisfy({ $0.isFinite && $0 >= 0 }), -1...whole[0] ~= whole[5] else {
            throw reader.error(
                "run.numbers holds \(numbers) and run.whole \(whole): step sizes from 0 and a best step up to the "
                    + "last expected")
        }
        (state.step, state.position.epoch, state.position.cursor, state.stale) = (
            whole[0], whole[1], whole[2], whole[3]
        )
        state.owesValidation = whole[4] != 0
        // A step size set in a pause is kept, unless the script now asks for another `lr`.
        if numbers[0] == trainer.settings.lr {
            state.rate = .init(given: numbers[0], base: numbers[1], factor: numbers[2])
        }
        if trainer.settings.average != nil { state.average = try reader.tensors("average", trainer.trained) }
        if whole[5] >= 0 {
            state.best = .init(weights: try reader.tensors("best", trainer.trained), value: numbers[3], step: whole[5])
        }
        let states = try reader.generators(count: trainer.generators.count + 2)
        state.start = states[0]
        var history = FitHistory()
        history.loss = try reader.numbers("history.loss", state.step)
        history.rate = try reader.numbers("history.lr", state.step)
        history.norm = try reader.numbers("history.norm", trainer.settings.clipNorm == nil ? 0 : state.step)
        history.validation = try reader.numbers("history.validation", nil)
        history.validationSteps = try reader.integers("history.validation_steps", history.validation.count)
        if let data = trainer.data, state.position.epoch > 0 {
            state.position.epochStart = states[1]
            state.position.order = data.order(from: states[1])
            guard 0...state.position.order.count ~= state.position.cursor else {
                throw reader.error("run.whole is damaged")
            }
        }
        let optimizer = reader.entries("optimizer")
        try Cancellation.$current.withValue(nil) {
            try trainer.load(optimizer: optimizer)
            for (parameter, tensor) in zip(trainer.trainee.parameters, parameters) {
                try parameter.value.value.write(tensor, for: trainer.operation)
            }
        }
        (trainer.state, trainer.history) = (state, history)
        trainer.restore(generators: Array(states.dropFirst(2)))
    }

    private struct Reader {
        let path: ByteString
        let dict: StateDict
        let trainer: Trainer

        init(_ path: ByteString, _ dict: StateDict, _ trainer: Trainer) {
            (self.path, self.dict, self.trainer) = (path, dict, trainer)
        }

        func error(_ message: String) -> ScriptError { ScriptError(trainer.operation, "\(path): \(message)") }

        func checkFacts(_ own: [ByteString: String], format: String) throws {
            guard dict.metadata["format"] == format else {
                throw error("is no checkpoint of training; give another name, it would be overwritten")
            }
            for (name, value) in own.sorted(by: { $0.key < $1.key }) where dict.metadata[name] != value {
                let there = dict.metadata[name] ?? "none"
                if name == "model" { throw error("is of another model: a \(there), not a \(value)") }
                throw error("was made with \(name) = \(there), not \(value); go on with the same, or give another name")
            }
        }

        /// The model's tensors under a prefix, in the model's order, shapes and dtypes.
        func tensors(_ prefix: String, _ model: [(name: String, value: Variable)]) throws -> [Tensor] {
            let known = Set(model.map { ByteString("\(prefix).\($0.name)") })
            if let other = dict.names.first(where: { $0.hasPrefix(prefix + ".") && !known.contains(ByteString($0)) }) {
                throw error("is of another model: it has \(other), which this \(trainer.trainee.name) has not")
            }
            return try model.map { name, own in
                guard let found = dict["\(prefix).\(name)"] else {
                    throw error("is of another model: \(prefix).\(name) is missing")
                }
                guard found.shape == own.shape, found.dtype == own.dtype else {
                    throw error(
                        """
                        is of another model: \(name) is \(found.dtype.rawValue) \(Shape.describe(found.shape)) there, \
                        \(own.dtype.rawValue) \(Shape.describe(own.shape)) here
                        """)
                }
                return try found.ordered(as: own.value.layout)
            }
        }

        func checkBuffers(_ buffers: [(name: String, value: Variable)]) throws {
            for (found, own) in zip(try tensors("buffer", buffers), buffers) {
                guard try found.toArray() == own.value.value.toArray() else {
                    throw error("is of another model: \(own.name) is another")
                }
            }
        }

        func entries(_ prefix: String) -> [(name: String, value: Tensor)] {
            dict.entries.filter { $0.name.hasPrefix(prefix + ".") }.map {
                (String($0.name.dropFirst(prefix.count + 1)), $0.tensor)
            }
        }

        func numbers(_ name: String, _ count: Int?) throws -> [Double] {
            guard let tensor = dict[name], tensor.dtype == .float64, tensor.rank == 1,
                count ?? tensor.count == tensor.count
            else {
                throw error("\(name) is missing or damaged")
            }
            return try tensor.toArray()
        }

        func integers(_ name: String, _ count: Int) throws -> [Int] {
            guard let tensor = dict[name], tensor.dtype == .int64, tensor.shape == [count] else {
                throw error("\(name) is missing or damaged")
            }
            return try tensor.toIntegers()
        }

        func generators(count: Int) throws -> [Generator.State] {
            guard let tensor = dict["run.generators"], tensor.dtype == .int64, tensor.shape == [count, 3] else {
                throw error(
                    "run.generators is missing, damaged, or of a model whose dropout draws from other generators")
            }
            let words = try tensor.toIntegers().map { UInt64(UInt(bitPattern: $0)) }
            return (0..<count).map {
                Generator.State(seed: words[3 * $0], stream: words[3 * $0 + 1], drawn: words[3 * $0 + 2])
            }
        }
    }
}
