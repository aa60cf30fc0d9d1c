import CLuaTrampolines
import Scripting

extension Interpreter {
    /// Runs a text of any bytes, as a file's: with a byte order mark, or a first line that begins with #. Asking for it is part
    /// of the run: an interrupt or the time limit ends both.
    @discardableResult
    public func run(
        name: some ByteStringConvertible, arguments: [Value] = [], text: () throws -> [UInt8]
    ) throws(LuaError) -> [Value] {
        let name = name.byteString
        nonisolated(unsafe) let (arguments, text) = (arguments, text)
        return try core.inRun { [self] in
            var bytes = try text()
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
            // A comment of Lua's, as long as the other: lines keep their numbers.
            if bytes.first == UInt8(ascii: "#") { bytes.replaceSubrange(0..<1, with: "-- ".utf8) }
            return try core.withList(arguments) { list in
                var results = lf_values()
                var failure = lf_failure()
                let done = name.withCString { name in
                    bytes.withUnsafeBytes { bytes in
                        lf_run_code(
                            core.state, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, name, false,
                            list, &results, &failure)
                    }
                }
                guard done else { throw core.error(&failure) }
                return core.take(&results)
            }
        }
    }
}
