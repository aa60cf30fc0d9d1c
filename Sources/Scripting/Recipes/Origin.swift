/// The call by which a script made something, from which its ``Recipe`` is written.
///
/// Numbers, texts and tables are kept as they were; modules, transforms, distributions and tensors as objects, which
/// get names when a file is written. Functions of a script are not kept.
public struct Origin {
    /// The constructor's full name: `flow.MAF`.
    public let function: String
    private let arguments: [Argument]

    fileprivate indirect enum Argument {
        case plain(Recipe)
        case object(any ScriptObject)
        case list([Argument])
        case table([(name: String, value: Argument)])
        /// Something that no file can hold, in words for the message.
        case unwritable(String)
    }

    /// - Throws: when a table cannot be read, for lack of memory for example.
    public init(_ function: String, _ values: some Sequence<Value>) throws {
        self.function = function
        arguments = try values.map { try Argument($0, depth: 0) }
    }

    /// - Throws: ``Fault`` that names an argument that no file can hold.
    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe {
        .call(
            function,
            try arguments.enumerated().map { index, argument in
                do { return try argument.recipe(tensors) } catch let refusal as Unwritable {
                    throw Fault(
                        "\(function): argument \(index + 1)\(refusal.place) is \(refusal.what), which no file can hold")
                }
            })
    }

    fileprivate struct Unwritable: Error {
        let what: String
        var place = ""
    }
}

extension Origin.Argument {
    fileprivate init(_ value: Value, depth: Int) throws {
        switch value {
        case .none: self = .plain(.nothing)
        case .boolean(let flag): self = .plain(.flag(flag))
        case .integer(let integer): self = .plain(.integer(integer))
        case .number(let number): self = .plain(.number(number))
        case .string(let string):
            self = string.utf8Text.map { .plain(.text($0)) } ?? .unwritable("a text that is no UTF-8")
        case .object(let object): self = .object(object)
        case .table(let table):
            // A table may contain itself.
            self = depth < 16 ? try Origin.Argument(table, depth: depth) : .unwritable("a table")
        case .list, .record, .function, .closure, .foreign: self = .unwritable("a \(value.typeName)")
        }
    }

    private init(_ table: any ScriptTable, depth: Int) throws {
        let elements = try table.elements().map { try Origin.Argument($0, depth: depth + 1) }
        if try table.isList() {
            self = .list(elements)
            return
        }
        var fields: [(name: String, value: Origin.Argument)] = elements.enumerated().map { ("\($0 + 1)", $1) }
        for (key, value) in try table.entries(withoutPositions: elements.count).inOrderOfKeys {
            guard case .string(let name) = key, let text = name.utf8Text else {
                self = .unwritable("a table")
                return
            }
            // Generators are left out: random initial values are overwritten by the file's tensors.
            if case .object(let object) = value, object.scriptType.name == "generator" { continue }
            fields.append((text, try Origin.Argument(value, depth: depth + 1)))
        }
        self = .table(fields)
    }

    fileprivate func recipe(_ tensors: any RecipeTensors) throws -> Recipe {
        switch self {
        case .plain(let recipe): return recipe
        case .object(let object):
            guard let object = object as? any HasRecipe else {
                throw Origin.Unwritable(what: "a \(object.scriptType.name)")
            }
            return try object.recipe(tensors)
        case .list(let elements):
            return .list(
                try elements.enumerated().map { index, element in
                    try Origin.Argument.inside("[\(index + 1)]") { try element.recipe(tensors) }
                })
        case .table(let fields):
            return .table(
                try fields.map { name, value in
                    Recipe.Field(name, try Origin.Argument.inside(".\(name)") { try value.recipe(tensors) })
                })
        case .unwritable(let what): throw Origin.Unwritable(what: what)
        }
    }

    private static func inside<T>(_ place: String, _ body: () throws -> T) throws -> T {
        do { return try body() } catch var refusal as Origin.Unwritable {
            refusal.place = place + refusal.place
            throw refusal
        }
    }
}

/// An object that remembers the call by which it was made.
public protocol RemembersCall: ScriptObject, HasRecipe {
    /// Set after construction by the function that scripts called; nil for objects made in Swift.
    var origin: Origin? { get set }
}

extension RemembersCall {
    public func recipe(_ tensors: any RecipeTensors) throws -> Recipe {
        guard let origin else {
            throw Fault("a \(scriptType.name) that no constructor of a script made has no name that a file could hold")
        }
        return try origin.recipe(tensors)
    }
}

extension NativeFunction {
    /// The same constructor, for objects that remember the call.
    /// - Parameter count: the number of leading arguments that are not the script's.
    public func remembering(after count: Int = 0) -> NativeFunction {
        NativeFunction(name, documentation, declaration) { [body] arguments in
            let results = try body(arguments)
            if case .object(let object as any RemembersCall)? = results.first {
                // A script's own constructor may return an object that another constructor made; its own call is then
                // remembered.
                if count > 0 || object.origin == nil {
                    object.origin = try Origin(arguments.function, arguments.values.dropFirst(count))
                }
            }
            return results
        }
    }
}
