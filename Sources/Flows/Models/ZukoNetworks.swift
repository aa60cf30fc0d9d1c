import Autodiff
import Files
import Networks
import Scripting
import Tensors

/// Networks in zuko's files, read by the names and shapes of their tensors.
extension ZukoReader {
    /// Linear layers, masked where the file has masks: with the activation between them (zuko.nn.MLP, MaskedMLP), or
    /// with residual blocks in its place (MaskedMLP with residual = True).
    /// - Parameter unseen: how many inputs come before those that the file's network has, and are cut off.
    mutating func network(
        _ prefix: String, _ activation: Activation, unseen: Int = 0
    ) throws -> (module: Module, inputs: Int, outputs: Int) {
        guard let first = try layer("\(prefix).0", after: nil, unseen: unseen) else {
            throw ScriptError(operation, "\(prefix).0.weight is missing")
        }
        var (modules, width) = ([first.module], first.outputs)
        // Behind a linear layer stands a block or an activation (without tensors); behind a block one or a layer.
        var isBehindBlock = false
        while true {
            let name = "\(prefix).\(modules.count)"
            if let block = try block(name, activation, width) {
                modules.append(block)
                isBehindBlock = true
            } else if let next = try layer(
                isBehindBlock ? name : "\(prefix).\(modules.count + 1)", after: width)
            {
                modules += isBehindBlock ? [next.module] : [Module(activation), next.module]
                width = next.outputs
                isBehindBlock = false
            } else {
                try checkNothingIsLeft(prefix)
                return (Module(Sequential(modules)), first.inputs, width)
            }
        }
    }

    private func checkNothingIsLeft(_ prefix: String) throws {
        guard let extra = unread.filter({ $0.hasPrefix("\(prefix).") }).min() else { return }
        throw ScriptError(
            operation,
            """
            \(extra) \(Shape.describe(dict[extra]?.shape ?? [])) is of a network that is not read: linear layers with \
            an activation between them are, and zuko's residual ones, but none with normalize = True or other layers
            """)
    }

    /// x + f(x), where f is two linear layers with the activation between them; nil where the file has none of that
    /// name.
    private mutating func block(_ name: String, _ activation: Activation, _ width: Int) throws -> Module? {
        guard let inner = try layer("\(name).0", after: width) else { return nil }
        guard let outer = try layer("\(name).2", after: inner.outputs), outer.outputs == width else {
            throw ScriptError(
                operation,
                "\(name) is no residual block: \(name).2.weight of shape (\(width), \(inner.outputs)) expected")
        }
        return Module(Residual([inner.module, Module(activation), outer.module]))
    }

    /// One linear layer; nil where the file has none of that name.
    /// - Parameter width: how many numbers the layer before makes; nil for the first.
    private mutating func layer(
        _ name: String, after width: Int?, unseen: Int = 0
    ) throws -> (module: Module, inputs: Int, outputs: Int)? {
        guard let weight = take("\(name).weight") else { return nil }
        guard weight.rank == 2, weight.count > 0, width == nil || weight.shape[1] == width else {
            let expected = width.map { "(out, \($0))" } ?? "(out, in)"
            throw ScriptError(
                operation, "\(name).weight has shape \(Shape.describe(weight.shape)); \(expected) expected")
        }
        let outputs = weight.shape[0]
        let bias = take("\(name).bias")
        guard bias.map({ $0.shape == [outputs] }) ?? true else {
            throw ScriptError(
                operation, "\(name).bias has shape \(Shape.describe(bias?.shape ?? [])); (\(outputs)) expected")
        }
        let mask = take("\(name).mask")
        guard mask.map({ $0.shape == weight.shape }) ?? true else {
            throw ScriptError(
                operation,
                "\(name).mask has shape \(Shape.describe(mask?.shape ?? [])); \(Shape.describe(weight.shape)) "
                    + "expected"
            )
        }
        guard weight.dtype.isFloating, bias?.dtype.isFloating ?? true else {
            throw ScriptError(operation, "\(name).weight is \(weight.dtype.rawValue); float32 or float64 expected")
        }
        for (part, tensor) in [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
        where try !tensor.isFinite() {
            throw ScriptError(operation, "\(name).\(part) holds NaN or infinity")
        }
        // Half numbers stay as they are, and are evaluated in float32.
        var values = Variable(weight)
        var connections = mask
        let shift = bias.map { Variable($0) }
        if unseen > 0 {
            let none = Variable(try Tensor.zeros([outputs, unseen], weight.dtype))
            let all = Variable(try mask?.cast(.bool) ?? Tensor.full(weight.shape, 1, .bool))
            values = try Variable.concatenate([none, values], 1, for: operation)
            let cut = Variable(try none.value.cast(.bool))
            connections = try Variable.concatenate([cut, all], 1, for: operation).value
        }
        if let mask = connections {
            let layer = MaskedLinear(weight: values, bias: shift, mask: Variable(try mask.cast(.bool)))
            return (Module(layer), weight.shape[1] + unseen, outputs)
        }
        // Stored by input unit, as in a new layer, for products of single rows.
        let stored = Variable(try values.value.storedByInputUnit(for: operation))
        return (Module(Linear(weight: stored, bias: shift)), weight.shape[1], outputs)
    }
}
