import ArgumentParser
import Files
import LuaFlow

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
                Convert real numbers to float32 or float64, or the matrices to float16: vectors (biases, scales) weigh \
                little and matter much, and become float32. Integers and booleans keep their types. Without this \
                option every tensor keeps its type, except bfloat16 in .npz and .npy, which have none: it becomes \
                float32, which holds the same numbers. Lines behind the first say which tensors have changed.
                """, completion: .list(Convert.types))
        var dtype: String?

        @Flag(help: "Leave out tensors that cannot be read (complex, quantised, texts), and say which.")
        var skip = false

        /// The types of real numbers to convert to.
        static let types = ["float16", "float32", "float64"]

        func validate() throws {
            if let dtype, !Convert.types.contains(dtype) {
                throw ValidationError("--dtype \(dtype): one of \(Convert.types.joined(separator: ", ")) expected")
            }
        }

        func run() throws {
            try Session.leaving {
                let conversion = Conversion(dtype: dtype.flatMap(DType.init), skip: skip)
                let done = try conversion.run(from: input, to: output, for: "luaflow convert")
                print("\(output): \(done.tensors) tensors, \(done.numbers) numbers")
                for (change, names) in done.changes {
                    let some = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", ..." : "")
                    print("  \(change): \(names.count) tensor\(names.count == 1 ? "" : "s") (\(some))")
                }
                for (name, reason) in done.leftOut { print("  left out: \(name): \(reason)") }
            }
        }
    }
}
