import Foundation
import LuaFlow

/// The parser at work and the file it reads from.
struct Target {
    /// libFuzzer calls back with nothing of ours; it does so from one thread.
    nonisolated(unsafe) static var current: Target?

    private let parser: Parser
    private let memory = NativeMemory()

    init(_ parser: Parser) { self.parser = parser }

    /// Bytes that were charged and never released would be a leak that no sanitizer sees.
    func run(_ bytes: UnsafeRawBufferPointer) {
        NativeMemory.$current.withValue(memory) {
            do {
                try parser.read(Input(bytes: bytes))
            } catch is ScriptError {
                // What a file that is wrong must end in.
            } catch is LuaError {
                // The same for a text.
            } catch {
                fatalError("\(parser.name): \(error) is neither a ScriptError nor a LuaError")
            }
        }
        guard memory.liveBytes == 0 else { fatalError("\(parser.name): \(memory.liveBytes) bytes are still charged") }
    }
}

/// What a parser is given, as bytes or as a file.
struct Input {
    let bytes: UnsafeRawBufferPointer

    var array: [UInt8] { Array(bytes) }

    /// A file that holds the bytes: one and the same, written again for each input.
    func withFile<R>(_ body: (String) throws -> R) throws -> R {
        let path = Input.path
        guard let file = fopen(path, "wb") else { fatalError("cannot write \(path)") }
        let written = fwrite(bytes.baseAddress, 1, bytes.count, file)
        guard fclose(file) == 0, written == bytes.count else { fatalError("cannot write \(path)") }
        return try body(path)
    }

    private static let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("luaflow-fuzz-\(ProcessInfo.processInfo.processIdentifier)").path
}
