import CLuaTrampolines
import Scripting
import Synchronization

/// Gets a copy of what scripts write to standard output.
final class OutputTap: Sendable {
    let body: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) { self.body = body }
}

extension Interpreter {
    /// From now on `body` gets the bytes that scripts write to standard output by `print`, `io.write` and `io.stdout`,
    /// in order, and they are written as before. Call once, before the first run.
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

    /// From now on `pairs`, and code that reads tables in Swift, visits a table's numbers and strings in sorted order,
    /// so that a run does not depend on Lua's random seed for hashing. Keys that are objects stay in Lua's order.
    public func orderPairs() throws(LuaError) {
        _ = try core.inRun { [self] in
            var failure = lf_failure()
            guard lf_order_pairs(core.state, &failure) else { throw core.error(&failure) }
            core.ordersPairs = true
            return [Value]()
        }
    }

    /// Whether, since ``orderPairs()``, a script visited a table in an order that may differ in the next run: with
    /// `next`, or by keys that are objects. On the interpreter's thread.
    public var wentInOpenOrder: Bool { !core.isClosed && lf_order_was_open(core.state) }

    /// The version of Lua that this program was compiled for.
    public static var luaVersion: String { String(cString: lf_lua_release()) }
}
