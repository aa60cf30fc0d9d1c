import Scripting

/// What scripts can name, as the modules declare it.
public struct Catalogue: Sendable {
    struct Entry: Sendable {
        let name: String
        let documentation: Documentation
        let signature: Signature?
        /// What it was made of; nil for a function that reads its arguments by itself.
        let declaration: Declaration?
        /// The type whose method, property or operator it is.
        let owner: String?

        /// The declared type of a parameter, in whichever form it stands.
        func type(ofParameter name: String) -> ScriptType? {
            for form in declaration?.forms ?? [] {
                if let spec = form.specs.first(where: { $0.name == name }) { return spec.type }
            }
            return nil
        }
    }

    struct Node: Sendable {
        var functions: [String: Entry] = [:]
        var children: [String: Node] = [:]
        var summary = ""
        var constants: Set<String> = []
        var call: Entry?

        var names: [String] { Array(functions.keys) + Array(children.keys) + Array(constants) }
    }

    struct Face: Sendable {
        var summary = ""
        var methods: [String: Entry] = [:]
        var properties: [String: Entry] = [:]
        var setters: Set<String> = []
        var operators: [Operator: Entry] = [:]
    }

    private(set) var modules: [String: Node] = [:]
    private(set) var types: [String: Face] = [:]

    /// - Throws: what a module's constants throw.
    public init(_ modules: [any ScriptModule]) throws {
        for module in modules {
            var root = Node(summary: module.summary)
            for function in module.functions {
                var path = function.name.split(separator: ".").map(String.init)
                if path.count > 1, path.first == module.name { path.removeFirst() } else { path = [function.shortName] }
                root.add(Entry(function), at: path[...])
            }
            root.constants = Set(try module.constants(Context()).map(\.key))
            root.call = module.call.map { Entry($0) }
            self.modules[module.name] = root
            for face in module.types { add(face) }
        }
    }

    private mutating func add(_ face: TypeFace) {
        let name = face.type.name
        var known = types[name] ?? Face(summary: face.summary)
        for method in face.methods { known.methods[method.shortName] = Entry(method, owner: name) }
        for property in face.properties { known.properties[property.shortName] = Entry(property, owner: name) }
        for setter in face.setters { known.setters.insert(setter.shortName) }
        for (key, function) in face.operators { known.operators[key] = Entry(function, owner: name) }
        types[name] = known
    }

    func node(_ path: [String]) -> Node? {
        guard let first = path.first, let root = modules[first] else { return nil }
        return path.dropFirst().reduce(root) { $0?.children[$1] }
    }
}

extension Catalogue.Entry {
    fileprivate init(_ function: NativeFunction, owner: String? = nil) {
        // Someone else's module may write its signatures as it likes: nothing is known of its results then.
        let documentation = function.documentation
        let signature = try? Signature(documentation.signature)
        self.init(
            name: function.name, documentation: documentation, signature: signature, declaration: function.declaration,
            owner: owner)
    }
}

extension Catalogue.Node {
    fileprivate mutating func add(_ entry: Catalogue.Entry, at path: ArraySlice<String>) {
        guard let first = path.first else { return }
        if path.count == 1 {
            functions[first] = entry
        } else {
            children[first, default: Catalogue.Node()].add(entry, at: path.dropFirst())
        }
    }
}
