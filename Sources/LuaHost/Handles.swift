import CLuaTrampolines
import Scripting

/// A Lua value that Swift holds. Releasing it does not touch Lua: the release is recorded and carried out at the next
/// entry.
class Handle {
    let core: Core
    let reference: OpaquePointer
    private let known: UnsafeRawPointer?

    /// Takes over the reference.
    /// - Parameter address: the value's address, if known.
    init(core: Core, reference: OpaquePointer, address: UnsafeRawPointer? = nil) {
        self.core = core
        self.reference = reference
        known = address
    }

    deinit { lf_reference_release(reference) }

    /// Runs `body` on the interpreter's thread. From other threads only between runs, as during a run both could wait
    /// for each other.
    func onThread<R>(_ body: () throws -> R) throws -> R {
        if !core.thread.isCurrent, core.isRunning.load(ordering: .acquiring) {
            throw ScriptError("", "a script's value was used on another thread while the script runs")
        }
        return try core.thread.perform {
            guard !core.isClosed else { throw LuaError.closed }
            return try body()
        }
    }

    /// The value's address in Lua, constant as long as this holds it; found when first needed, 0 after the interpreter
    /// was closed.
    var address: UInt {
        if let known { return UInt(bitPattern: known) }
        return (try? onThread { UInt(bitPattern: lf_address(core.state, reference)) }) ?? 0
    }

    /// A protected call that returns values.
    func read(_ call: (inout lf_values, inout lf_failure) -> Bool) throws -> [Value] {
        try onThread {
            var results = lf_values()
            var failure = lf_failure()
            guard call(&results, &failure) else { throw core.error(&failure) }
            return core.take(&results)
        }
    }
}

/// A script's table.
final class TableHandle: Handle, ScriptTable {
    var count: Int { get throws { try onThread { Int(lf_table_length(core.state, reference)) } } }

    func value(at index: Int) throws -> Value {
        try read { lf_table_at(core.state, reference, Int64(index), &$0, &$1) }.first ?? .none
    }

    func value(for key: ByteString) throws -> Value {
        try read { results, failure in
            withBytes(key) { lf_table_field(core.state, reference, $0, $1, &results, &failure) }
        }.first ?? .none
    }

    func entries() throws -> [(key: Value, value: Value)] {
        try entries(withoutPositions: 0)
    }

    func entries(withoutPositions count: Int) throws -> [(key: Value, value: Value)] {
        let flat = try read { lf_table_entries(core.state, reference, Int64(count), &$0, &$1) }
        let entries = stride(from: 0, to: flat.count - 1, by: 2).map { (key: flat[$0], value: flat[$0 + 1]) }
        return core.ordersPairs ? entries.inOrderOfKeys : entries
    }

    func packed(from first: Int, count: Int) throws -> PackedNumbers {
        try onThread {
            var packed = PackedNumbers()
            var done = 0
            packed.bits = [UInt64](unsafeUninitializedCapacity: count) { bits, initialized in
                packed.kinds = [UInt8](unsafeUninitializedCapacity: count) { kinds, initialized in
                    done = Int(
                        lf_table_packed(
                            core.state, reference, Int64(first), Int64(count), bits.baseAddress, kinds.baseAddress))
                    initialized = done
                }
                initialized = done
            }
            return packed
        }
    }

    func numbers() throws -> [Double]? {
        try onThread {
            let count = Int(lf_table_length(core.state, reference))
            var all = true
            let numbers = [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
                all = lf_table_numbers(core.state, reference, buffer.baseAddress, Int64(count))
                initialized = all ? count : 0
            }
            return all ? numbers : nil
        }
    }

    var hasMetatable: Bool { (try? onThread { lf_table_has_metatable(core.state, reference) }) ?? false }

    func isList() throws -> Bool { try onThread { lf_table_is_list(core.state, reference) } }
}

/// A value that only Lua can use, passed through Swift.
final class ForeignHandle: Handle, ScriptForeign {}

/// A script's function.
final class FunctionHandle: Handle, ScriptFunction {
    var definition: ScriptPlace? {
        let found = try? onThread { core.bytes(capacity: 4096) { lf_definition($0, reference, $1, $2) } }
        return found.flatMap { $0 }.flatMap(ScriptPlace.init(parsing:))
    }

    var parameters: Int? {
        guard let count = try? onThread({ lf_parameters(core.state, reference) }), count >= 0 else { return nil }
        return Int(count)
    }

    /// Inside a run it is a part of it; otherwise it is a run of its own, with the usual limits and rules.
    func call(_ arguments: [Value]) throws -> [Value] {
        try onThread {
            if core.isRunning.load(ordering: .acquiring) { return try callProtected(arguments) }
            return try core.inRun { try callProtected(arguments) }
        }
    }

    private func callProtected(_ arguments: [Value]) throws -> [Value] {
        try core.withList(arguments) { list in
            var results = lf_values()
            var failure = lf_failure()
            guard lf_call(core.state, reference, list, &results, &failure) else { throw core.error(&failure) }
            return core.take(&results)
        }
    }
}

extension Core {
    /// Calls `body` with a list of instructions for `values`.
    func withList<R>(_ values: [Value], _ body: (OpaquePointer) throws -> R) throws -> R {
        guard let list = lf_list_new(state) else { throw LuaError(.memory, "not enough memory") }
        defer { lf_list_free(list) }
        for value in values { try write(value, to: list) }
        return try body(list)
    }
}
