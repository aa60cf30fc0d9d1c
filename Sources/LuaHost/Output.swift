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

    /// From now on `pairs` goes through a table's numbers and texts in their order, and so does what reads tables in
    /// Swift: a run that is the same but for Lua's seed of hashes does the same. Keys that are objects stay in Lua's
    /// order.
    public func orderPairs() throws(LuaError) {
        _ = try core.inRun { [self] in
            var failure = lf_failure()
            guard lf_order_pairs(core.state, &failure) else { throw core.error(&failure) }
            core.ordersPairs = true
            return [Value]()
        }
    }

    /// Whether, since ``orderPairs()``, a script went through a table in an order that the next run may not repeat:
    /// with `next`, or by keys that are objects. On the interpreter's thread.
    public var wentInOpenOrder: Bool { !core.isClosed && lf_order_was_open(core.state) }

    /// The Lua that this program was compiled for.
    public static var luaVersion: String { String(cString: lf_lua_release()) }
}
