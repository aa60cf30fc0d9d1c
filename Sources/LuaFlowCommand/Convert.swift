import ArgumentParser
import LuaFlow
import Storage

extension LuaFlowCommand {
    struct Convert: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Convert a checkpoint between formats, for example a PyTorch .pt to .safetensors in float16.")

        @Argument(help: "The file to read; its content says what it is.", completion: .file())
        var input: ByteString

        @Argument(help: "The file to write; its extension says what it becomes.", completion: .file())
        var output: ByteString

        @Option(
            help: """
                Convert to float32 or float64, or the matrices to float16: vectors (biases, scales) weigh little and matter \
                much, and become float32. By default every tensor stays as it is.
                """, completion: .list(DType.allCases.map(\.rawValue)))
        var dtype: String?

        func validate() throws {
            if let dtype, DType(rawValue: dtype) == nil {
                throw ValidationError("--dtype \(dtype): one of \(DType.allCases.map(\.rawValue).joined(separator: ", ")) expected")
            }
        }

        func run() throws {
            try Session.leaving {
                let read = try Checkpoint.load(input, for: "luaflow convert")
                let wanted = dtype.flatMap(DType.init)
                let entries = try read.entries.map { (name: $0.name, tensor: try converted($0.tensor, to: wanted)) }
                try Checkpoint.save(output, StateDict(entries, metadata: read.metadata), for: "luaflow convert")
                let numbers = entries.reduce(0) { $0 + $1.tensor.count }
                print("\(output): \(entries.count) tensors, \(numbers) numbers")
            }
        }

        private func converted(_ tensor: Tensor, to wanted: DType?) throws -> Tensor {
            let isVector = tensor.shape.allSatisfy { $0 == 1 || $0 == tensor.count }
            if wanted == .float16 && isVector { return try tensor.cast(.float32) }
            return try tensor.cast(wanted ?? tensor.dtype)
        }
    }
}
