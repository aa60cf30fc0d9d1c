import CLuaTrampolines
import Scripting

// Conversion of values between Lua and Swift.
extension Core {
    func values(_ items: UnsafePointer<lf_value>?, _ count: Int) -> [Value] {
        guard let items, count > 0 else { return [] }
        return [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                buffer.initializeElement(at: index, to: value(items[index]))
                initialized = index + 1
            }
        }
    }

    /// Tables and functions come with a reference, which the handle takes over.
    private func value(_ item: lf_value) -> Value {
        switch Int(item.kind) {
        case LF_NIL: return .none
        case LF_BOOLEAN: return .boolean(item.integer != 0)
        case LF_INTEGER: return .integer(Int(item.integer))
        case LF_NUMBER: return .number(item.number)
        case LF_STRING: return .string(bytes(item))
        case LF_OBJECT:
            guard let object = item.object else { return .none }
            return .object(UnsafeRawPointer(object).load(as: (any ScriptObject).self))
        case LF_TABLE:
            guard let reference = item.reference else { return .foreign("table") }
            return .table(TableHandle(core: self, reference: reference, address: item.address))
        case LF_FUNCTION:
            guard let reference = item.reference else { return .foreign("function") }
            return .function(FunctionHandle(core: self, reference: reference, address: item.address))
        default:
            let name = bytes(item).text
            return .foreign(name, item.passed.map { ForeignHandle(core: self, reference: $0) })
        }
    }

    private func bytes(_ item: lf_value) -> ByteString {
        ByteString(copying: UnsafeRawBufferPointer(start: item.bytes, count: item.length))
    }

    /// Reads the results of a protected call and removes them from Lua's stack.
    func take(_ results: inout lf_values) -> [Value] {
        defer { lf_values_done(state, &results) }
        return values(results.items, results.count)
    }

    /// Writes a value as instructions.
    func write(_ value: Value, to list: OpaquePointer, depth: Int = 0) throws {
        // Nested lists are walked by recursion here, and by collectors elsewhere.
        guard depth < 1000 else { throw ScriptError("", "a result of more than 1000 nested tables") }
        switch value {
        case .none: lf_put_nil(list)
        case .boolean(let flag): lf_put_boolean(list, flag)
        case .integer(let integer): lf_put_integer(list, Int64(integer))
        case .number(let number): lf_put_number(list, number)
        case .string(let string): withBytes(string) { lf_put_string(list, $0, $1) }
        case .object(let object): try write(object, to: list)
        case .table(let table):
            guard let handle = table as? TableHandle else { return try copy(table, to: list, depth: depth) }
            lf_put_reference(list, try own(handle).reference)
        case .function(let function):
            guard let handle = function as? FunctionHandle else {
                throw ScriptError("", "a function that is not this interpreter's cannot be given to a script")
            }
            lf_put_reference(list, try own(handle).reference)
        case .foreign(let name, let passed):
            guard let handle = passed as? ForeignHandle else {
                throw ScriptError("", "a \(name) cannot be given to a script")
            }
            lf_put_reference(list, try own(handle).reference)
        case .list(let elements):
            lf_put_table(list, Int32(clamping: elements.count), 0)
            for (index, element) in elements.enumerated() {
                if index & 0xffff == 0xffff { try Cancellation.check() }
                try write(element, to: list, depth: depth + 1)
                lf_set_index(list, Int64(index) + 1)
            }
            lf_set_record(list)
        case .record(let fields):
            lf_put_table(list, 0, Int32(clamping: fields.count))
            for (key, field) in fields {
                try write(field, to: list, depth: depth + 1)
                withBytes(key) { lf_set_field(list, $0, $1) }
            }
            lf_set_record(list)
        case .closure(let function, let bound):
            guard bound.count <= 250 else {
                throw ScriptError(function.name, "at most 250 values can be bound, not \(bound.count)")
            }
            let native = Native(
                core: self, name: function.name, body: .function(function.body), bound: Int32(bound.count))
            _ = Unmanaged.passRetained(native)  // released by the closure's finaliser
            lf_put_closure(list, native.storage.pointee)
            for value in bound { try write(value, to: list, depth: depth + 1) }
            lf_end_closure(list, Int32(bound.count))
        }
    }

    private func write(_ object: any ScriptObject, to list: OpaquePointer) throws {
        guard let type = try type(object.scriptType) else { throw ScriptError("", "not enough memory") }
        var storage = lf_object()
        withUnsafeMutablePointer(to: &storage) {
            _ = UnsafeMutableRawPointer($0).initializeMemory(as: (any ScriptObject).self, to: object)
        }
        memory.count(object.scriptType.footprint)
        let held = object.heldValues.compactMap(reference)
        guard lf_put_object(list, storage, type, !held.isEmpty) else { return }
        for reference in held { lf_put_held(list, reference) }
    }

    /// The reference of a value of this interpreter that Swift holds; nil for others.
    private func reference(_ value: Value) -> OpaquePointer? {
        let handle: Handle? =
            switch value {
            case .function(let function): function as? FunctionHandle
            case .table(let table): table as? TableHandle
            case .foreign(_, let foreign): foreign as? ForeignHandle
            default: nil
            }
        return handle?.core === self ? handle?.reference : nil
    }

    private func own<H: Handle>(_ handle: H) throws -> H {
        guard handle.core === self else {
            throw ScriptError("", "a value of another interpreter cannot be given to a script")
        }
        return handle
    }

    /// Copies a table that is not the interpreter's: its entries with names or positions as keys.
    private func copy(_ table: any ScriptTable, to list: OpaquePointer, depth: Int) throws {
        lf_put_table(list, 0, 0)
        for (key, value) in try table.entries() {
            try write(value, to: list, depth: depth + 1)
            switch key {
            case .string(let name): withBytes(name) { lf_set_field(list, $0, $1) }
            case .integer(let index): lf_set_index(list, Int64(index))
            default: throw ScriptError("", "a table key of type \(key.typeName) cannot be given to a script")
            }
        }
    }
}
