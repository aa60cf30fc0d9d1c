import LuaFlow

/// A function, method, property or operator that scripts can call.
struct Callable {
    enum Form {
        case function(String)
        case method(type: String, name: String)
        case property(type: String, name: String)
        case setter(type: String, name: String)
        case operation(type: String, Operator)
    }

    let name: String
    let form: Form
    let documentation: Documentation

    /// Every function, method, property and operator of every built-in module.
    static let all: [Callable] = Host.builtInModules.flatMap { module in
        functions(of: module) + module.types.flatMap(members)
    }

    /// The names of the types of objects that scripts can hold.
    static let types = Set(Host.builtInModules.flatMap { $0.types.map(\.type.name) })

    private static func functions(of module: any ScriptModule) -> [Callable] {
        let called = module.call.map {
            [Callable(name: $0.name, form: .function(module.name), documentation: $0.documentation)]
        }
        return (called ?? []) + module.functions.map { function in
            let isQualified = function.name.hasPrefix(module.name + ".")
            let path = isQualified ? function.name : "\(module.name).\(function.shortName)"
            return Callable(name: function.name, form: .function(path), documentation: function.documentation)
        }
    }

    private static func members(of binding: TypeBinding) -> [Callable] {
        let type = binding.type.name
        func each(_ functions: [NativeFunction], _ form: (String) -> Form) -> [Callable] {
            functions.map { Callable(name: $0.name, form: form($0.shortName), documentation: $0.documentation) }
        }
        let operators = binding.operators.sorted { $0.key.rawValue < $1.key.rawValue }.map { key, function in
            Callable(name: function.name, form: .operation(type: type, key), documentation: function.documentation)
        }
        return each(binding.methods) { .method(type: type, name: $0) }
            + each(binding.properties) { .property(type: type, name: $0) }
            + each(binding.setters) { .setter(type: type, name: $0) } + operators
    }

    /// The names in the braces of the signature, most of which are options.
    var optionNames: [String] {
        var names: [String] = []
        var depth = 0
        var word = ""
        for character in documentation.signature + " " {
            if character.isLetter || character == "_" || (!word.isEmpty && character.isNumber) {
                word.append(character)
                continue
            }
            if depth > 0, !word.isEmpty,
                !["true", "false", "nil", "function", "for", "and", "or", "not"].contains(word)
            {
                names.append(word)
            }
            word = ""
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
        }
        return names
    }
}
