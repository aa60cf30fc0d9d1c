import Scripting

extension Value {
    /// The value as a script would write it, a tensor by its shape: to describe what a scripted constructor made.
    package var written: String {
        if case .object(let object as Variable) = self { return Shape.describe(object.shape) }
        return asNumber.map(Scripting.shown) ?? shown
    }
}

extension [Value] {
    /// Arguments as text, `2, (3, 4)`, cut where it is long.
    package var written: String {
        let parts = map(\.written)
        let text = parts.joined(separator: ", ")
        return text.count <= 200 ? text : String(text.prefix(200)) + "..."
    }
}

/// The result of a script's function where a tensor is expected, with errors in one wording.
package struct ScriptedResult {
    /// The function's name for messages: `distribution.Lorentz: sample`.
    package let label: String
    package let value: Value

    /// Calls the function; `label` names it.
    package init(_ label: String, _ function: any ScriptFunction, _ arguments: [Value]) throws {
        self.init(label, try function.call(arguments).first ?? .none)
    }

    package init(_ label: String, _ value: Value) {
        (self.label, self.value) = (label, value)
    }

    package func error(_ message: String) -> ScriptError { ScriptError(label, message) }

    /// The tensor of the given shape, free of NaN unless `mayHoldNaN`.
    package func variable(_ shape: [Int], mayHoldNaN: Bool = false) throws -> Variable {
        guard case .object(let object) = value, let variable = object as? Variable else {
            throw error("returned \(value.shown); a tensor of shape \(Shape.describe(shape)) expected")
        }
        guard variable.shape == shape else {
            throw error(
                "returned a tensor of shape \(Shape.describe(variable.shape)); \(Shape.describe(shape)) expected")
        }
        guard !mayHoldNaN, let bad = try variable.value.toArray().firstIndex(where: \.isNaN) else { return variable }
        let index = Shape.strides(shape).reduce((rest: bad, text: [String]())) { result, stride in
            (result.rest % stride, result.text + [String(result.rest / stride + 1)])
        }
        throw error("returned nan" + (shape.isEmpty ? "" : " at index (\(index.text.joined(separator: ", ")))"))
    }
}
