/// Everything that scripts can name, for binding, documentation, completion and editors.
///
///     let index = try ScriptIndex(Host.builtInModules)
///     index.modules["optim"]?.functions["Adam"]       // the entry of optim.Adam
///     index.types["tensor"]?.methods["exp"]           // that of x:exp
public struct ScriptIndex: Sendable {
    /// A function, method, property or operator.
    public struct Entry: Sendable {
        /// How scripts reach it.
        public enum Kind: Sendable, Equatable {
            /// `m.f()`, `m()`, `x:f()`, and `x.f` read or written.
            case function, call, method, property, setter
            /// `x + y`, `#x` and their like.
            case symbol(Operator)
        }

        /// Its name, documentation and, if it has one, declaration.
        public let function: NativeFunction
        /// For members: which of a type's tables it stands in.
        public let kind: Kind
        /// The type that it is a member of.
        public let owner: String?

        /// `tensor.zeros`, `tensor:sum`.
        public var name: String { function.name }
        public var documentation: Documentation { function.documentation }
        public var declaration: Declaration? { function.declaration }

        init(_ function: NativeFunction, _ kind: Kind, owner: String? = nil) {
            (self.function, self.kind, self.owner) = (function, kind, owner)
        }
    }

    /// All entries: each module's functions, then the members of its types.
    public let entries: [Entry]
    public let modules: [String: Module]
    public let types: [String: TypeMembers]
    /// What scripts can register.
    public let kinds: [RegistryKind]
    /// The modules' names, in their order.
    public let moduleNames: [String]

    /// - Throws: ``ScriptError`` when two members of a type have the same name; errors of modules' constants.
    public init(_ modules: [any ScriptModule]) throws {
        var entries: [Entry] = []
        var nodes: [String: Module] = [:]
        for module in modules {
            var node = Module(module)
            node.constants = Set(try module.constants(Context()).map(\.key))
            nodes[module.name] = node
            entries += [node.call].compactMap(\.self) + module.functions.map { Entry($0, .function) }
            for binding in module.types { entries += binding.entries }
        }
        self.entries = entries
        self.modules = nodes
        types = try TypeMembers.merge(modules)
        kinds = modules.flatMap(\.kinds)
        moduleNames = modules.map(\.name)
    }

    /// The module, or table in a module, at a path such as `["optim", "schedule"]`.
    public func module(_ path: [String]) -> Module? {
        guard let first = path.first, let root = modules[first] else { return nil }
        return path.dropFirst().reduce(root) { $0?.tables[$1] }
    }
}

extension TypeBinding {
    var entries: [ScriptIndex.Entry] {
        let name = type.name
        return methods.map { .init($0, .method, owner: name) } + properties.map { .init($0, .property, owner: name) }
            + setters.map { .init($0, .setter, owner: name) }
            + operators.sorted { $0.key.rawValue < $1.key.rawValue }.map { .init($1, .symbol($0), owner: name) }
    }
}

extension ScriptIndex {
    /// A module's table, or a table in it such as `optim.schedule`.
    public struct Module: Sendable {
        /// One or two sentences; empty for a table inside a module.
        public var summary = ""
        /// The functions' names, in the order of declaration.
        public private(set) var names: [String] = []
        public private(set) var functions: [String: Entry] = [:]
        public private(set) var tables: [String: Module] = [:]
        /// The names of constants.
        public internal(set) var constants: Set<String> = []
        /// The kind of registered parts that become constructors in it.
        public let registered: RegistryKind?
        /// The function that calling the module runs.
        public private(set) var call: Entry?

        /// Its functions by their short names; dots in these make tables in the module's table.
        public init(_ module: any ScriptModule) {
            summary = module.summary
            registered = module.scripted?.kind
            call = module.call.map { Entry($0, .call) }
            for function in module.functions {
                var path = function.name.split(separator: ".").map(String.init)
                if path.count > 1, path.first == module.name { path.removeFirst() } else { path = [function.shortName] }
                add(Entry(function, .function), at: path[...])
            }
        }

        private init() { registered = nil }

        private mutating func add(_ entry: Entry, at path: ArraySlice<String>) {
            guard let first = path.first else { return }
            if !names.contains(first) { names.append(first) }
            if path.count == 1 {
                functions[first] = entry
            } else {
                tables[first, default: Module()].add(entry, at: path.dropFirst())
            }
        }
    }

    /// The members of a type, from all modules that add some.
    public struct TypeMembers: Sendable {
        /// The members' owner.
        public let type: ObjectType
        public private(set) var summary = ""
        /// By short names.
        public private(set) var methods: [String: Entry] = [:]
        /// By short names; read as `x.name`.
        public private(set) var properties: [String: Entry] = [:]
        /// By short names; written as `x.name = y`.
        public private(set) var setters: [String: Entry] = [:]
        /// At most one per operator.
        public private(set) var operators: [Operator: Entry] = [:]
        /// The module that each member came from, for messages about clashes.
        private var origins: [String: String] = [:]

        /// No members yet.
        public init(type: ObjectType) { self.type = type }

        /// Names that can be read: methods and properties.
        public var readable: [String] { Array(methods.keys) + Array(properties.keys) }

        /// - Throws: ``ScriptError`` when two members have one name.
        public static func merge(_ modules: [any ScriptModule]) throws -> [String: TypeMembers] {
            var types: [String: TypeMembers] = [:]
            for module in modules {
                for binding in module.types {
                    try types[binding.type.name, default: TypeMembers(type: binding.type)].add(
                        binding, from: module.name)
                }
            }
            return types
        }

        private mutating func add(_ binding: TypeBinding, from module: String) throws {
            if summary.isEmpty { summary = binding.summary }
            for entry in binding.entries {
                let short = entry.function.shortName
                switch entry.kind {
                case .method:
                    try claim(short, "\(type.name):\(short)", module)
                    methods[short] = entry
                case .property:
                    try claim(short, "\(type.name).\(short)", module)
                    properties[short] = entry
                case .setter:
                    try claim(short + "=", "the setter of \(type.name).\(short)", module)
                    setters[short] = entry
                case .symbol(let key):
                    try claim(key.rawValue + "()", "\(key.rawValue) of \(type.name)", module)
                    operators[key] = entry
                case .function, .call: break
                }
            }
        }

        private mutating func claim(_ key: String, _ shown: String, _ module: String) throws {
            if let first = origins.updateValue(module, forKey: key) {
                throw ScriptError("", "\(shown) is brought twice: by \(first) and by \(module)")
            }
        }
    }
}
