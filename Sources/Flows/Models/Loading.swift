import Files
import Scripting
import Tensors

extension Flow {
    /// The flow in a file, `.pt` or `.safetensors`; its architecture is read from the parameters.
    ///
    ///     let flow = try Flow.load("models/nice-mnist.safetensors")
    /// - Throws: ``ScriptError`` for a file that is missing, damaged, foreign or hostile, or holds no known flow.
    public static func load(_ path: some ByteStringConvertible, for operation: String = "flow.load") throws -> Flow {
        let dict = try Checkpoint.load(path, for: operation, choosing: { NICE.recognises($0) || ZukoReader.recognises($0) })
        guard NICE.recognises(dict.names) || ZukoReader.recognises(dict.names) else {
            let names = dict.names.prefix(3).joined(separator: ", ")
            throw ScriptError(
                operation,
                "\(path.byteString): no known flow: " + (dict.isEmpty ? "it holds no tensors" : "its parameters are named \(names)\(dict.count > 3 ? ", ..." : "")"))
        }
        do {
            return NICE.recognises(dict.names)
                ? try NICE.read(dict, for: operation) : try ZukoReader.read(dict, for: operation)
        } catch let error as ScriptError {
            throw ScriptError(error.operation, "\(path.byteString): \(error.message)")
        }
    }

    /// The parameters and buffers as plain tensors, by name.
    public func stateDict() -> StateDict {
        StateDict((parameters + buffers).map { (name: $0.name, tensor: $0.value.value) }, metadata: metadata)
    }

    /// Writes the parameters to a file, whole or not at all.
    public func save(_ path: some ByteStringConvertible, for operation: String = "flow:save") throws {
        try Checkpoint.save(path, stateDict(), for: operation)
    }
}
