import CLuaTrampolines
import Scripting
import Synchronization

/// Is told what scripts write to standard output.
final class OutputTap: Sendable {
    let body: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) { self.body = body }
}

extension Interpreter {
    /// From now on `body` sees the bytes that scripts write to standard output, by `print`, `io.write` and `io.stdout`,
    /// in order, besides their being written. To be called once, before the first run.
    public func recordOutput(_ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) throws(LuaError) {
        let tap = OutputTap(body)
        _ = try core.inRun { [self] in
            var failure = lf_failure()
            let done = lf_record_output(
                core.state,
                { tap, bytes, count in
                    guard let tap else { return }
                    Unmanaged<OutputTap>.fromOpaque(tap).takeUnretainedValue()
                        .body(UnsafeRawBufferPointer(start: bytes, count: count))
                }, Unmanaged.passUnretained(tap).toOpaque(), &failure)
            guard done else { throw core.error(&failure) }
            core.outputTap = tap
            return [Value]()
        }
    }

    /// The Lua that this program was compiled for.
    public static var luaVersion: String { String(cString: lf_lua_release()) }
}
