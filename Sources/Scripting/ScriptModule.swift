/// A library that scripts get by `require "name"`. Built-in modules and Swift plugins conform to this protocol.
public protocol ScriptModule: Sendable {
    /// What `require` takes, and the name of the global at the prompt.
    var name: String { get }
    /// One or two sentences for `luaflow doc`.
    var summary: String { get }
    /// The module's functions; each is found in the module's table under its ``NativeFunction/shortName``.
    var functions: [NativeFunction] { get }
    /// Groups of functions in the documentation; functions in no group come first.
    var sections: [ModuleSection] { get }
    /// The function that calling the module runs (`tensor({1, 2})`), if any.
    var call: NativeFunction? { get }
    /// The userdata types that the module defines or adds members to.
    var types: [TypeBinding] { get }
    /// The constructors that scripts may add to the module, if any.
    var scripted: ScriptedConstructors? { get }
    /// The kinds that can be registered for it with host.register; by default that of ``scripted``.
    var kinds: [RegistryKind] { get }
    /// Constants in the module's table.
    func constants(_ context: Context) throws -> [(key: String, value: Value)]
}

extension ScriptModule {
    public var sections: [ModuleSection] { [] }
    public var call: NativeFunction? { nil }
    public var types: [TypeBinding] { [] }
    public var scripted: ScriptedConstructors? { nil }
    public var kinds: [RegistryKind] { scripted.map { [$0.kind] } ?? [] }
    public func constants(_ context: Context) throws -> [(key: String, value: Value)] { [] }
}

/// A group of functions in a module's documentation.
public struct ModuleSection: Sendable {
    /// The heading.
    public let title: String
    /// The functions' short names.
    public let names: [String]

    /// The names in the order in which they are shown.
    public init(_ title: String, _ names: [String]) { (self.title, self.names) = (title, names) }
}

/// The members of a userdata type.
public struct TypeBinding: Sendable {
    /// The type as Swift objects name it.
    public let type: ObjectType
    public let summary: String
    /// `x:name(...)`: the object is the first argument. Called by their ``NativeFunction/shortName``.
    public var methods: [NativeFunction]
    /// `x.name`, computed when read; the object is the only argument.
    public var properties: [NativeFunction]
    /// `x.name = v`: arguments are the object and the value.
    public var setters: [NativeFunction]
    /// Operators. `.index` is called for keys that are no names of methods or properties (numbers, tables), with the
    /// object and the key; `.newindex` with object, key and value.
    public var operators: [Operator: NativeFunction]

    /// Every function's first argument is the object.
    public init(
        _ type: ObjectType, _ summary: String, methods: [NativeFunction] = [], properties: [NativeFunction] = [],
        setters: [NativeFunction] = [], operators: [Operator: NativeFunction] = [:]
    ) {
        self.type = type
        self.summary = summary
        self.methods = methods
        self.properties = properties
        self.setters = setters
        self.operators = operators
    }
}

/// The operators that a type can define; the raw value is Lua's metamethod.
public enum Operator: String, CaseIterable, Sendable {
    /// Arithmetic: called if either operand is of the type, with both in their order.
    case add = "__add"
    case subtract = "__sub"
    case multiply = "__mul"
    case divide = "__div"
    case floorDivide = "__idiv"
    case modulo = "__mod"
    case power = "__pow"
    case negate = "__unm"
    /// `#x`.
    case length = "__len"
    /// `x(...)`.
    case call = "__call"
    /// Comparisons: `~=`, `>` and `>=` follow.
    case equal = "__eq"
    case less = "__lt"
    case lessOrEqual = "__le"
    /// `x .. y`.
    case concatenate = "__concat"
    /// `tostring(x)`.
    case describe = "__tostring"
    /// `x[key]` read and written.
    case index = "__index"
    case newindex = "__newindex"
    /// The end of a `local x <close>`, whether by an error or not.
    case close = "__close"
    /// Called for a name that is no method or property (`net.body`), with the object and the name; returns nil for an
    /// unknown name. Not a metamethod of Lua.
    case member = "__member"
}

/// State that belongs to a host and outlives a call: the seeded generator, registered plugins, search paths. There is
/// one instance of each service type, created when first needed.
public final class Context {
    private var services: [ObjectIdentifier: any Service] = [:]

    public init() {}

    /// The host's one instance, made when first asked for.
    public func service<S: Service>(_ type: S.Type = S.self) -> S {
        if let made = services[ObjectIdentifier(type)] as? S { return made }
        let fresh = S()
        services[ObjectIdentifier(type)] = fresh
        return fresh
    }

    /// Sets an instance in place of the one that would be created.
    public func install<S: Service>(_ service: S) {
        services[ObjectIdentifier(S.self)] = service
    }
}

/// Something that each host has one instance of.
public protocol Service: AnyObject {
    /// Called once per host, by ``Context/service(_:)``.
    init()
}
