/// What scripts may add to a module: the constructors registered under a kind, found in the module's table by their
/// names.
///
/// `projection.Diamond(2)` calls the function made for "Diamond" with what was registered, then 2.
public struct ScriptedConstructors: Sendable {
    public let kind: RegistryKind
    /// The constructor of a name. Its first argument is the registered function, the caller's own follow.
    public let make: @Sendable (_ name: String) -> NativeFunction

    public init(_ kind: RegistryKind, make: @escaping @Sendable (_ name: String) -> NativeFunction) {
        self.kind = kind
        self.make = make
    }

    /// The constructor that was registered under a name, if one was.
    public func value(_ name: ByteString, in context: Context) -> Value? {
        context.service(Registry.self).entry(kind, name).map {
            .closure(make(name.text), bound: [.function($0.function)])
        }
    }

    public func names(in context: Context) -> [String] { context.service(Registry.self).entries(kind).map(\.name.text) }
}
