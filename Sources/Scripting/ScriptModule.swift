/// A library that scripts reach by `require "name"`. Built-in modules and plugins use this one protocol.
public protocol ScriptModule: Sendable {
    var name: String { get }
    /// One or two sentences for `luaflow doc`.
    var summary: String { get }
    /// The module's functions; each is found in the module's table under its ``NativeFunction/shortName``.
    var functions: [NativeFunction] { get }
    /// How documentation groups the functions; those in no section come first.
    var sections: [ModuleSection] { get }
    /// What calling the module itself does (`tensor({1, 2})`), if anything.
    var call: NativeFunction? { get }
    /// The userdata types the module brings, or adds members to.
    var types: [TypeBinding] { get }
    /// What scripts may add to the module, if anything.
    var scripted: ScriptedConstructors? { get }
    /// What can be registered for it with host.register; what ``scripted`` is made of, if nothing else is said.
    var kinds: [RegistryKind] { get }
    /// Plain values in the module's table.
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

/// Functions of a module that belong together.
public struct ModuleSection: Sendable {
    public let title: String
    /// The functions' short names.
    public let names: [String]

    public init(_ title: String, _ names: [String]) { (self.title, self.names) = (title, names) }
}

/// How scripts see a userdata type.
public struct TypeBinding: Sendable {
    public let type: ObjectType
    public let summary: String
    /// `x:name(...)`: the object is the first argument. Found under ``NativeFunction/shortName``.
    public var methods: [NativeFunction]
    /// `x.name`, computed when read; the object is the only argument.
    public var properties: [NativeFunction]
    /// `x.name = v`: arguments are the object and the value.
    public var setters: [NativeFunction]
    /// Operators. `.index` is asked for keys that are not names of methods or properties (numbers, tables), with the
    /// object and the key; `.newindex` likewise, with object, key and value.
    public var operators: [Operator: NativeFunction]

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

/// The operators a type may give meaning to; the raw value is Lua's metamethod.
public enum Operator: String, CaseIterable, Sendable {
    case add = "__add"
    case subtract = "__sub"
    case multiply = "__mul"
    case divide = "__div"
    case floorDivide = "__idiv"
    case modulo = "__mod"
    case power = "__pow"
    case negate = "__unm"
    case length = "__len"
    case call = "__call"
    case equal = "__eq"
    case less = "__lt"
    case lessOrEqual = "__le"
    case concatenate = "__concat"
    case describe = "__tostring"
    case index = "__index"
    case newindex = "__newindex"
    case close = "__close"
    /// Asked for a name that is no method or property (`net.body`), with the object and the name; nil for a name that
    /// it does not know either. No metamethod of Lua's.
    case member = "__member"
}

/// What belongs to one host and outlives a call: the generator a script seeded, registered plugins, search paths.
/// One instance of each kind of service, made when first asked for.
public final class Context {
    private var services: [ObjectIdentifier: any Service] = [:]

    public init() {}

    public func service<S: Service>(_ type: S.Type = S.self) -> S {
        if let made = services[ObjectIdentifier(type)] as? S { return made }
        let fresh = S()
        services[ObjectIdentifier(type)] = fresh
        return fresh
    }

    /// Puts a prepared service in place of the one that would be made.
    public func install<S: Service>(_ service: S) {
        services[ObjectIdentifier(S.self)] = service
    }
}

/// Something of which a host has one.
public protocol Service: AnyObject {
    init()
}
