import Scripting
import Tensors

/// The check for NaN that `autodiff.detect_anomaly` turns on (PyTorch's anomaly mode, for values as well as gradients).
enum Anomaly {
    /// Throws if the operation made a NaN of inputs that had none.
    static func check(_ operation: String, _ inputs: [Variable], _ outputs: [Tensor]) throws {
        if let log = OperationLog.current { return try log.note(operation, inputs, outputs) }
        for output in outputs {
            guard let position = try firstNaN(output), try !inputs.contains(where: { try firstNaN($0.value) != nil })
            else { continue }
            throw ScriptError(operation, "NaN at \(place(position, output.shape)), from inputs without NaN")
        }
    }

    /// Throws if an operation's gradient rule made a NaN from cotangents that had none.
    static func check(_ node: Node, cotangents: [Variable?], gradients: [Variable?]) throws {
        for (input, gradient) in gradients.enumerated() {
            guard let gradient, let position = try firstNaN(gradient.value),
                try !cotangents.contains(where: { try $0.map { try firstNaN($0.value) != nil } ?? false })
            else { continue }
            throw ScriptError(
                "autodiff",
                "the gradient of \(node.operation) by its input \(input + 1) has NaN at "
                    + "\(place(position, gradient.shape))"
                    + (node.location.map { "; recorded at \($0)" } ?? ""))
        }
    }

    private static func firstNaN(_ tensor: Tensor) throws -> Int? { try tensor.toArray().firstIndex(where: \.isNaN) }

    /// An element's place in messages: `{2, 3}`, counted from 1; `the only element` for a tensor without dimensions.
    private static func place(_ position: Int, _ shape: [Int]) -> String {
        if shape.isEmpty { return "the only element" }
        var rest = position
        var index: [Int] = []
        for extent in shape.reversed() {
            index.insert(rest % extent + 1, at: 0)
            rest /= extent
        }
        return "{" + index.map(String.init).joined(separator: ", ") + "}"
    }
}
