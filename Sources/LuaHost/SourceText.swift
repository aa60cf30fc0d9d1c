import CLuaTrampolines
import Scripting

extension Interpreter {
    /// Runs a text of any bytes like a file's, with a byte order mark or a first line that begins with #. Reading it is
    /// part of the run: an interrupt or the time limit ends both.
    @discardableResult
    public func run(
        name: some ByteStringConvertible, arguments: [Value] = [], text: () throws -> [UInt8]
    ) throws(LuaError) -> [Value] {
        let name = name.byteString
        nonisolated(unsafe) let (arguments, text) = (arguments, text)
        return try core.inRun { [self] in try run(bytes: text(), name: name, arguments) }
    }

    /// Whether a file's text compiles, within the limits of the compiler.
    public func compiles(_ text: [UInt8], name: String) throws(LuaError) -> Bool {
        let done = try core.inRun { [self] in
            do { _ = try run(bytes: text, name: ByteString(name), [], onlyCheck: true) } catch let error as LuaError {
                guard error.kind == .syntax else { throw error }
                return false
            }
            return true
        }
        return done
    }

    /// The same, inside a run.
    func run(bytes text: [UInt8], name: ByteString, _ arguments: [Value], onlyCheck: Bool = false) throws -> [Value] {
        var bytes = text
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        // A Lua comment in its place, so that lines keep their numbers.
        if bytes.first == UInt8(ascii: "#") { bytes.replaceSubrange(0..<1, with: "-- ".utf8) }
        return try core.withList(arguments) { list in
            var results = lf_values()
            var failure = lf_failure()
            let done = name.withCString { name in
                bytes.withUnsafeBytes { bytes in
                    lf_run_code(
                        core.state, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, name,
                        onlyCheck,
                        list, &results, &failure)
                }
            }
            guard done else { throw core.error(&failure) }
            return core.take(&results)
        }
    }

    /// Access to the variables of the script's running functions: functions `names() -> list`, `read(name) -> true,
    /// value`, `write(name, value) -> true` and `close()`, which must be called before the run continues. From the
    /// interpreter's thread, inside a run.
    public func runningVariables() throws(LuaError) -> [Value] {
        try core.inRun { [self] in
            var results = lf_values()
            var failure = lf_failure()
            guard lf_variables(core.state, &results, &failure) else { throw core.error(&failure) }
            return core.take(&results)
        }
    }
}
