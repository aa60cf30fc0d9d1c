import CLuaTrampolines
import Scripting

/// One type's members, from every module that brings some.
struct MergedFace {
    let type: ObjectType
    private var methods: [String: NativeFunction] = [:]
    private var properties: [String: NativeFunction] = [:]
    private var setters: [String: NativeFunction] = [:]
    private var operators: [Operator: NativeFunction] = [:]
    /// Which module brought a member, for the message about a clash.
    private var origins: [String: String] = [:]

    init(type: ObjectType) { self.type = type }

    /// Merges what the modules bring.
    /// - Throws: ``ScriptError`` when two members have one name.
    static func merge(_ modules: [any ScriptModule]) throws -> [String: MergedFace] {
        var faces: [String: MergedFace] = [:]
        for module in modules {
            for face in module.types {
                try faces[face.type.name, default: MergedFace(type: face.type)].add(face, from: module.name)
            }
        }
        return faces
    }

    private mutating func add(_ face: TypeFace, from module: String) throws {
        for method in face.methods {
            try claim(method.shortName, "\(type.name):\(method.shortName)", module)
            methods[method.shortName] = method
        }
        for property in face.properties {
            try claim(property.shortName, "\(type.name).\(property.shortName)", module)
            properties[property.shortName] = property
        }
        for setter in face.setters {
            try claim(setter.shortName + "=", "the setter of \(type.name).\(setter.shortName)", module)
            setters[setter.shortName] = setter
        }
        for (key, function) in face.operators {
            try claim(key.rawValue + "()", "\(key.rawValue) of \(type.name)", module)
            operators[key] = function
        }
    }

    private mutating func claim(_ key: String, _ shown: String, _ module: String) throws {
        if let first = origins.updateValue(module, forKey: key) {
            throw ScriptError("", "\(shown) is brought twice: by \(first) and by \(module)")
        }
    }

    /// Lua's side of the type: natives, and the instructions for its tables.
    func make(in core: Core) -> OpaquePointer? {
        let names = Array(methods.keys) + Array(properties.keys)
        let natives = lf_type_natives(
            index: operators[.index].map { core.permanent($0) },
            newindex: operators[.newindex].map { core.permanent($0) },
            missing: core.permanent(missing(names)),
            unassignable: core.permanent(unassignable(Array(setters.keys), readable: Set(names))))
        guard let made = withBytes(type.name, { lf_type_new(core.state, $0, $1, natives) }) else { return nil }
        let list = lf_type_members(made)

        // A method of one name under every type: the table of functions, then those of addresses.
        lf_put_table(list, 0, Int32(clamping: methods.count))
        for (name, method) in methods {
            lf_put_native(list, core.permanent(method))
            withBytes(name) { lf_set_field(list, $0, $1) }
        }
        for accessors in [properties, setters] {
            lf_put_table(list, 0, Int32(clamping: accessors.count))
            for (name, accessor) in accessors {
                lf_put_native_address(list, core.permanent(accessor))
                withBytes(name) { lf_set_field(list, $0, $1) }
            }
        }
        lf_put_table(list, 0, 16)
        for (key, function) in operators where key != .index && key != .newindex {
            // Lua gives unary operators their operand twice.
            let unary = key == .negate || key == .length || key == .describe
            lf_put_native(list, core.permanent(function, limit: unary ? 1 : 0))
            withBytes(key.rawValue) { lf_set_field(list, $0, $1) }
        }
        // Half a type is none: the next object tries again.
        return lf_list_failed(list) ? nil : made
    }

    private func missing(_ names: [String]) -> NativeFunction {
        let type = type.name
        return NativeFunction("\(type) index", Documentation("", "")) { arguments -> [Value] in
            guard case .string(let key) = arguments[2] else {
                throw ScriptError("", "\(type) cannot be indexed with \(arguments[2].shown)")
            }
            throw ScriptError("", "\(type) has no field or method \(key.quoted())" + OtherNames.hint(for: key.text, of: type, among: names))
        }
    }

    private func unassignable(_ names: [String], readable: Set<String>) -> NativeFunction {
        let type = type.name
        return NativeFunction("\(type) assignment", Documentation("", "")) { arguments -> [Value] in
            guard case .string(let key) = arguments[2] else {
                throw ScriptError("", "\(type) cannot be assigned to at \(arguments[2].shown)")
            }
            if readable.contains(key.text) { throw ScriptError("", "\(type).\(key) can only be read") }
            throw ScriptError("", "\(type) has no field \(key.quoted()) to assign to" + suggestion(for: key.text, among: names))
        }
    }
}
