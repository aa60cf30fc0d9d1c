import CLuaTrampolines
import Scripting

/// Writes a module's table: functions, nested tables for dotted names, constants, and a metatable that makes it
/// callable and suggests the nearest member for a misspelt one.
struct ModuleTable {
    let module: any ScriptModule

    /// The function that `require` calls.
    func loader(in core: Core) -> Native {
        Native(core: core, name: module.name, body: .instructions { [self, unowned core] arguments, list in
            try write(to: list, core: core, context: arguments.context)
        })
    }

    private func write(to list: OpaquePointer, core: Core, context: Context) throws {
        let root = ScriptIndex.Module(module)
        try write(root, name: module.name, constants: try module.constants(context), call: module.call, to: list, core)
        if core.trust == .sandboxed { lf_set_readonly(list) }
    }

    private func write(
        _ node: ScriptIndex.Module, name: String, constants: [(key: String, value: Value)], call: NativeFunction?,
        to list: OpaquePointer, _ core: Core
    ) throws {
        let size = node.names.count + constants.count
        lf_put_table(list, 0, Int32(clamping: size))
        for (key, entry) in node.functions {
            lf_put_native(list, core.permanent(entry.function))
            withBytes(key) { lf_set_field(list, $0, $1) }
        }
        for (key, value) in constants {
            try core.write(value, to: list)
            withBytes(key) { lf_set_field(list, $0, $1) }
        }
        for (key, child) in node.tables {
            try write(child, name: "\(name).\(key)", constants: [], call: nil, to: list, core)
            withBytes(key) { lf_set_field(list, $0, $1) }
        }
        lf_put_table(list, 0, 3)
        lf_put_native(list, core.permanent(missing(name, name == module.name ? module.scripted : nil)))
        withBytes("__index") { lf_set_field(list, $0, $1) }
        withBytes(name) { lf_put_string(list, $0, $1) }
        withBytes("__name") { lf_set_field(list, $0, $1) }
        if let call {
            lf_put_native(list, core.permanent(call, skip: 1))
            withBytes("__call") { lf_set_field(list, $0, $1) }
        }
        lf_set_metatable(list)
    }

    /// The function for a key that is not in the table: finds a constructor that a script registered, or raises an
    /// error with a suggestion.
    private func missing(_ name: String, _ scripted: ScriptedConstructors?) -> NativeFunction {
        NativeFunction("\(name) index", Documentation("", "")) { arguments -> [Value] in
            guard case .string(let key) = arguments[2] else {
                throw ScriptError("", "\(name) cannot be indexed with \(arguments[2].shown)")
            }
            if let constructor = scripted?.value(key, in: arguments.context) { return [constructor] }
            var known = scripted?.names(in: arguments.context) ?? []
            if case .table(let table) = arguments[1] {
                for case (.string(let member), _) in try table.entries() { known.append(member.text) }
            }
            let hint = OtherNames.hint(for: key.text, of: name, among: known)
            throw ScriptError("", "\(name) has no function \(key.quoted())" + hint)
        }
    }
}
