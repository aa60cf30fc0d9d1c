import Autodiff
import Networks
import Scripting
import Tensors

/// A multilayer perceptron in which each output depends on given inputs only. As zuko.nn.MaskedMLP, with its names.
///
/// Germain, Gregor, Murray and Larochelle, "MADE", ICML 2015. Hidden units are assigned in turn to the distinct rows of
/// the adjacency matrix, as in zuko.
enum MaskedMLP {
    /// - Parameter adjacency: for every output, whether it may depend on each input.
    /// - Throws: ``Fault`` when nothing depends on anything.
    static func make(
        _ adjacency: [[Bool]], hidden: [Int], activation: Activation, from generator: Generator, for operation: String
    ) throws -> Module {
        let masks = try masks(adjacency, hidden: hidden)
        var modules: [Module] = []
        for mask in masks {
            if !modules.isEmpty { modules.append(Module(activation)) }
            let rows = mask.map { $0.map { $0 ? 1.0 : 0 } }
            let tensor = try Tensor(rows.flatMap { $0 }, shape: [mask.count, mask[0].count])
            modules.append(Module(try MaskedLinear.make(tensor, from: generator, for: operation)))
        }
        return Module(Sequential(modules))
    }

    /// Numbers that depend on nothing, of a network that is given one input: what a flow of one feature has without a
    /// context, as zuko.flows.ElementWiseTransform.
    static func constant(_ numbers: [Double], _ dtype: DType = .float32) throws -> Module {
        let shape = [numbers.count, 1]
        let layer = MaskedLinear(
            weight: Variable(try Tensor.zeros(shape, dtype)),
            bias: Variable(try Tensor(numbers, shape: [numbers.count], dtype)),
            mask: Variable(try Tensor.zeros(shape, .bool)))
        return Module(Sequential([Module(layer)]))
    }

    /// The mask (out, in) of every layer.
    static func masks(_ adjacency: [[Bool]], hidden: [Int]) throws -> [[[Bool]]] {
        // Outputs with equal dependencies form a kind; kinds are sorted as binary numbers, as in zuko.
        let kinds = Set(adjacency).sorted { a, b in
            for (x, y) in zip(a, b) where x != y { return !x }
            return false
        }
        let numbers = Dictionary(uniqueKeysWithValues: kinds.enumerated().map { ($1, $0) })
        let kindOf = adjacency.map { row in numbers[row] ?? 0 }
        // Whether kind i may read a unit of kind j: when everything that j depends on is among what i depends on.
        let reads = try kinds.map { own in
            try Cancellation.check()
            return kinds.map { other in zip(own, other).allSatisfy { $0 || !$1 } }
        }
        var layers: [[[Bool]]] = []
        var units: [Int] = []
        for (index, width) in (hidden.map { Int?($0) } + [nil]).enumerated() {
            var mask = index == 0 ? kinds : reads.map { row in units.map { row[$0] } }
            guard mask.contains(where: { $0.contains(true) }) else {
                throw Fault("no output may depend on any input: the Jacobian would be constant")
            }
            if let width {
                let reachable = mask.indices.filter { mask[$0].contains(true) }
                units = (0..<width).map { reachable[$0 % reachable.count] }
                mask = units.map { mask[$0] }
            } else {
                mask = kindOf.map { mask[$0] }
            }
            layers.append(mask)
        }
        return layers
    }
}
