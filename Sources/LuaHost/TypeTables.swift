import CLuaTrampolines
import Scripting

extension ScriptIndex.TypeMembers {
    /// Makes Lua's part of the type: native functions, and the instructions for its tables.
    func make(in core: Core) -> OpaquePointer? {
        let names = readable
        let natives = lf_type_natives(
            index: operators[.index].map { core.permanent($0.function) },
            newindex: operators[.newindex].map { core.permanent($0.function) },
            missing: core.permanent(missing(names, operators[.member]?.function)),
            unassignable: core.permanent(unassignable(Array(setters.keys), readable: Set(names))))
        guard let made = withBytes(type.name, { lf_type_new(core.state, $0, $1, natives) }) else { return nil }
        let list = lf_type_members(made)

        // The table of functions, then the table of their addresses.
        lf_put_table(list, 0, Int32(clamping: methods.count))
        for (name, method) in methods {
            lf_put_native(list, core.permanent(method.function))
            withBytes(name) { lf_set_field(list, $0, $1) }
        }
        for accessors in [properties, setters] {
            lf_put_table(list, 0, Int32(clamping: accessors.count))
            for (name, accessor) in accessors {
                lf_put_native_address(list, core.permanent(accessor.function))
                withBytes(name) { lf_set_field(list, $0, $1) }
            }
        }
        lf_put_table(list, 0, 16)
        for (key, entry) in operators where key != .index && key != .newindex && key != .member {
            // Lua passes unary operators their operand twice.
            let unary = key == .negate || key == .length || key == .describe
            lf_put_native(list, core.permanent(entry.function, limit: unary ? 1 : 0))
            withBytes(key.rawValue) { lf_set_field(list, $0, $1) }
        }
        // A type that is incomplete for lack of memory is dropped; the next object tries again.
        return lf_list_failed(list) ? nil : made
    }

    private func missing(_ names: [String], _ member: NativeFunction?) -> NativeFunction {
        let type = type.name
        return NativeFunction("\(type) index", Documentation("", "")) { arguments -> [Value] in
            guard case .string(let key) = arguments[2] else {
                throw ScriptError("", "\(type) cannot be indexed with \(arguments[2].shown)")
            }
            if let found = try member?.body(arguments).first {
                if case .none = found {} else { return [found] }
            }
            let hint = OtherNames.hint(for: key.text, of: type, among: names)
            throw ScriptError("", "\(type) has no field or method \(key.quoted())" + hint)
        }
    }

    private func unassignable(_ names: [String], readable: Set<String>) -> NativeFunction {
        let type = type.name
        return NativeFunction("\(type) assignment", Documentation("", "")) { arguments -> [Value] in
            guard case .string(let key) = arguments[2] else {
                throw ScriptError("", "\(type) cannot be assigned to at \(arguments[2].shown)")
            }
            if readable.contains(key.text) { throw ScriptError("", "\(type).\(key) can only be read") }
            let hint = suggestion(for: key.text, among: names)
            throw ScriptError("", "\(type) has no field \(key.quoted()) to assign to" + hint)
        }
    }
}
