/// Constructors that scripts may add to a module by registering them under a kind; the module's table finds them by
/// name.
///
/// `projection.Diamond(2)` calls the function that `make` returned for "Diamond", with the registered value and then 2.
public struct ScriptedConstructors: Sendable {
    /// Names of this kind become functions of the module.
    public let kind: RegistryKind
    /// The constructor of a name. Its first argument is the registered function; the caller's arguments follow.
    public let make: @Sendable (_ name: String) -> NativeFunction

    /// `make` is called each time a script reads the name.
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

    /// What is registered in this host now, for completion.
    public func names(in context: Context) -> [String] { context.service(Registry.self).entries(kind).map(\.name.text) }
}
