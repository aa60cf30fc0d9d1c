import Scripting
import Tensors

/// `autodiff.custom{forward, backward}`: a function with a derivative defined by the script.
enum CustomRule {
    private static let name = "autodiff.custom"

    static let declaration = Declaration(
        name,
        """
        A function of tensors whose derivative the script gives. forward(x, ...) is called with the arguments and \
        returns the result, and behind it whatever backward is to know. backward(g, kept, ...) is called with the \
        cotangent g of the result (of its shape) and with what forward kept, and returns a cotangent for each argument \
        of forward, in order, of the argument's shape; nil for one without. Where backward is made of operations it \
        can be differentiated again. What forward reads beside its arguments is a constant, and may not require a \
        gradient.
        """,
        by: .table,
        takes: .option("forward", .function, "the result of the arguments, and what to keep"),
        .option("backward", .function, "the cotangents of the arguments, by the rule of the chain"),
        returns: .value(.function),
        errors: """
            forward returns no tensor, or depends on another tensor that requires a gradient; backward returns a \
            cotangent of another shape, or more than there are arguments
            """,
        source: "torch.autograd.Function",
        example: """
            local exp = autodiff.custom{
              forward = function(x) local y = x:exp() return y, y end,
              backward = function(g, y) return g * y end,
            }
            assert(autodiff.grad(function(x) return exp(x):sum() end, tensor({0}))[{1}] == 1)
            assert(autodiff.gradcheck(exp, tensor({0.5, -1})))
            """,
        see: ["autodiff.gradcheck"]
    ) { (forward: any ScriptFunction, backward: any ScriptFunction) in
        Value.closure(call, bound: [.function(forward), .function(backward)])
    }

    /// The function that `autodiff.custom` returns.
    private static let call = NativeFunction(
        Declaration(
            name, "Calls forward, and records backward.", takes: .argument("forward", .function),
            .argument("backward", .function), .rest("x", .anything), returns: .tensor
        ) { forward, backward, values in try apply(forward, backward, values) })

    private static func apply(
        _ forward: any ScriptFunction, _ backward: any ScriptFunction, _ values: [Value]
    ) throws -> Variable {
        // Leaves stand in for tensors that require a gradient, to notice dependencies that bypass the arguments.
        var (given, places, inputs): ([Value], [Int], [Variable]) = (values, [], [])
        for (place, value) in values.enumerated() {
            guard case .object(let x as Variable) = value else { continue }
            let input = GradMode.isEnabled && x.requiresGrad ? try x.identity() : x
            given[place] = .object(input)
            places.append(place)
            inputs.append(input)
        }
        let results = try forward.call(given)
        guard case .object(let result as Variable)? = results.first else {
            throw Fault("forward returned \(results.first?.shown ?? "nothing"); a tensor expected")
        }
        if GradMode.isEnabled, Backward.reaches(result, otherThan: inputs) {
            throw Fault(
                """
                forward depends on a tensor that requires a gradient and is not among its arguments; pass it as one, \
                or x:detach() it
                """
            )
        }
        let kept = results.dropFirst().map { value in
            // If the result itself is saved, its recorded form is, so that its derivative is again this rule.
            if case .object(let object) = value, object === result { Kept.result } else { Kept.value(value) }
        }
        // A copy where the result shares memory: later writes to it must not change an argument or saved values.
        let isOthers = inputs.contains { $0.value.storage === result.value.storage } || !result.value.isContiguous
        return try .recorded(
            name, inputs, isOthers ? result.value.copy() : result.value, keeps: .outputs,
            reading: kept.flatMap { try $0.tensors }
        ) { call in
            let arguments = kept.map { $0.value ?? .object(call.outputs[0]) }
            let returned = try backward.call([.object(call.cotangent)] + arguments)
            return try cotangents(returned, places, of: values.count, call.inputs.map(\.shape))
        }
    }

    private enum Kept {
        case result
        case value(Value)

        var value: Value? { if case .value(let value) = self { value } else { nil } }
        /// The tensors in the saved values, also in tables: overwriting one before backward is an error.
        var tensors: [Tensor] { get throws { try value.map { try Self.tensors(in: $0, depth: 0) } ?? [] } }

        private static func tensors(in value: Value, depth: Int) throws -> [Tensor] {
            switch value {
            case .object(let object): return (object as? Variable).map { [$0.value] } ?? []
            // A table may contain itself.
            case .table(let table) where depth < 16:
                return try table.entries().flatMap { try tensors(in: $0.value, depth: depth + 1) }
            default: return []
            }
        }
    }

    /// The cotangents that backward returned, one for each argument that is a tensor.
    /// - Parameter places: the positions of those arguments, from 0.
    private static func cotangents(
        _ returned: [Value], _ places: [Int], of count: Int, _ shapes: [[Int]]
    ) throws -> [Variable?] {
        guard returned.count <= count else {
            throw ScriptError(
                name,
                "backward returned \(returned.count) cotangents for \(count) argument\(count == 1 ? "" : "s") of "
                    + "forward"
            )
        }
        for (place, value) in returned.enumerated() where !places.contains(place) {
            if case .none = value { continue }
            throw ScriptError(
                name,
                "backward returned \(value.shown) for argument \(place + 1) of forward, which is no tensor; nil "
                    + "expected"
            )
        }
        return try zip(places, shapes).map { place, shape in
            guard place < returned.count else { return nil }
            switch returned[place] {
            case .none: return nil
            case .object(let cotangent as Variable):
                guard cotangent.shape == shape else {
                    throw ScriptError(
                        name,
                        """
                        backward returned a cotangent of shape \(Shape.describe(cotangent.shape)) for argument \
                        \(place + 1) of forward, of shape \(Shape.describe(shape))
                        """
                    )
                }
                return cotangent
            case let other:
                throw ScriptError(
                    name,
                    "backward returned \(other.shown) for argument \(place + 1) of forward; a tensor or nil expected")
            }
        }
    }
}

extension Backward {
    /// Whether a value depends on a leaf that requires a gradient by a path that avoids the values in `known`.
    static func reaches(_ root: Variable, otherThan known: [Variable]) -> Bool {
        let own = Set(known.compactMap { $0.record?.node.map { ObjectIdentifier($0) } })
        var seen: Set<ObjectIdentifier> = []
        var pending: [Node] = []
        func isOther(_ record: History?) -> Bool {
            guard let record, record.requiresGrad else { return false }
            guard let node = record.node else { return true }
            let identity = ObjectIdentifier(node)
            if !own.contains(identity), seen.insert(identity).inserted { pending.append(node) }
            return false
        }
        if isOther(root.record) { return true }
        while let node = pending.popLast() {
            if node.inputs.contains(where: { isOther($0.record) }) { return true }
        }
        return false
    }
}
