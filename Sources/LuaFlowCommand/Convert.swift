import ArgumentParser
import LuaFlow
import Storage

extension LuaFlowCommand {
    struct Convert: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Convert a checkpoint between formats, for example a PyTorch .pt to .safetensors in float16.")

        @Argument(help: "The file to read; its content says what it is.", completion: .file())
        var input: String

        @Argument(help: "The file to write; its extension says what it becomes.", completion: .file())
        var output: String

        @Option(
            help: """
                Convert to float32 or float64, or the matrices to float16: vectors (biases, scales) weigh little and matter \
                much, and become float32. int64 and bool stay as they are, and by default every tensor does (bfloat16 \
                is read as float32).
                """, completion: .list(DType.floating.map(\.rawValue)))
        var dtype: String?

        func validate() throws {
            if let dtype, !DType.floating.contains(where: { $0.rawValue == dtype }) {
                throw ValidationError("--dtype \(dtype): one of \(DType.floating.map(\.rawValue).joined(separator: ", ")) expected")
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
            guard tensor.dtype.isFloating else { return tensor }
            let isVector = tensor.shape.allSatisfy { $0 == 1 || $0 == tensor.count }
            if wanted == .float16 && isVector { return try tensor.cast(.float32) }
            return try tensor.cast(wanted ?? tensor.dtype)
        }
    }
}
