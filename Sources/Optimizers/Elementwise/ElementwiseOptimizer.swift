import Autodiff
import Scripting
import Tensors

/// An ``ElementwiseMethod`` with parameters, in one or more groups that each have their own settings.
final class ElementwiseOptimizer<Method: ElementwiseMethod>: Optimizer {
    /// What is remembered for a parameter.
    private struct Memory {
        /// Steps taken; a step in which the parameter had no gradient does not count.
        var steps: Int
        /// In the parameter's shape, dtype and order in memory; nil for slots that the settings do not use.
        var values: [Tensor?]
    }

    let parameters: [Variable]
    private var methods: [Method]
    /// For each parameter the index of its group.
    private let groupOf: [Int]
    /// For each parameter what is remembered; nil before its first step.
    private var memory: [Memory?]

    init(_ groups: [(method: Method, parameters: [Variable])], for operation: String = "optim.\(Method.name)") throws {
        parameters = groups.flatMap(\.parameters)
        methods = groups.map(\.method)
        groupOf = groups.enumerated().flatMap { index, group in group.parameters.map { _ in index } }
        memory = parameters.map { _ in nil }
        try Parameters.adopt(parameters, for: operation)
    }

    convenience init(_ method: Method, _ parameters: [Variable]) throws {
        try self.init([(method, parameters)])
    }

    var name: String { Method.name }

    var learningRates: [Double] {
        get { methods.map(\.lr) }
        set { for (group, lr) in zip(methods.indices, newValue) { methods[group].lr = lr } }
    }

    func step(_ closure: Closure?, for operation: String) throws -> Variable? {
        let loss = try closure.map { try evaluate($0) }
        let gradients = try gradients(for: operation)
        try Cancellation.check()
        // Memory is allocated first: running out of it must not leave a step half done.
        for (index, gradient) in gradients.enumerated() where gradient != nil && memory[index] == nil {
            let parameter = parameters[index].value
            memory[index] = Memory(
                steps: 0,
                values: try names(index).map {
                    try $0.map { _ in try Tensor.zeros(inOrderOf: parameter.layout, parameter.dtype) }
                })
        }
        // Cancellation waits too: a step takes milliseconds, and half a step would be lost work.
        try Cancellation.$current.withValue(nil) {
            for (index, gradient) in gradients.enumerated() {
                guard let gradient, var past = memory[index] else { continue }
                past.steps += 1
                let rule = methods[groupOf[index]].rule(step: past.steps)
                try rule.apply(to: parameters[index].value, gradient: gradient, memories: past.values)
                memory[index] = past
            }
        }
        return loss
    }

    private func names(_ index: Int) -> [String?] { methods[groupOf[index]].memories }

    /// The entries are `lr`, and per parameter `1.step`, `1.exp_avg` and so on.
    func state() throws -> [(name: String, value: Tensor)] {
        var state = [(name: "lr", value: try Tensor(learningRates, shape: [methods.count], .float64))]
        for (index, past) in memory.enumerated() {
            guard let past else { continue }
            state.append((name: "\(index + 1).step", value: try Tensor(Double(past.steps), .float64)))
            for case (let name?, let value?) in zip(names(index), past.values) {
                state.append((name: "\(index + 1).\(name)", value: try value.copy()))
            }
        }
        return state
    }

    func load(_ state: [ByteString: Tensor], for operation: String) throws {
        var reader = StateReader(state, owner: description, operation: operation)
        let rates = try reader.learningRates(count: methods.count)
        let loaded: [Memory?] = try parameters.indices.map { index in
            let (prefix, parameter) = ("\(index + 1).", parameters[index].value)
            guard
                reader.has(prefix + "step")
                    || names(index).contains(where: { $0.map { reader.has(prefix + $0) } ?? false })
            else { return nil }
            return Memory(
                steps: try reader.whole(prefix + "step", from: 1),
                values: try names(index).map {
                    try $0.map {
                        try reader.tensor(prefix + $0, parameter.shape, parameter.dtype).ordered(as: parameter.layout)
                    }
                })
        }
        try reader.finish()
        memory = loaded
        if let rates { learningRates = rates }
    }

    var description: String {
        let groups = methods.count > 1 ? ", \(methods.count) groups" : ""
        return "optim.\(name){\(Method.options.text(of: methods[0]))} (\(count(parameters))\(groups))"
    }
}

/// How many parameters and numbers, in words: `2 parameters, 7 numbers`.
func count(_ parameters: [Variable]) -> String {
    let numbers = parameters.reduce(0) { $0 + $1.value.count }
    return
        "\(parameters.count) parameter\(parameters.count == 1 ? "" : "s"), \(numbers) number\(numbers == 1 ? "" : "s")"
}
