/// One result of a function, for documentation and editors.
public struct ResultSpec: Sendable {
    /// Shown in the signature; nil for the type alone.
    public let name: String?
    /// What editors are told.
    public let type: ScriptType
    /// Whether it may occur any number of times.
    public let repeats: Bool

    /// Without a name the signature shows the type only.
    public init(_ name: String? = nil, _ type: ScriptType, repeats: Bool = false) {
        (self.name, self.type, self.repeats) = (name, type, repeats)
    }
}

/// The results of a function: types (and names, if any) for scripts, and the conversion from a Swift value.
public struct Results<R>: Sendable {
    /// Empty for a function that returns nothing.
    public let specs: [ResultSpec]
    /// As many values as ``specs``, unless one repeats.
    public let write: @Sendable (__owned R) -> [Value]

    /// For several results.
    public init(_ specs: [ResultSpec], write: @escaping @Sendable (__owned R) -> [Value]) {
        (self.specs, self.write) = (specs, write)
    }

    /// For a single result.
    public init(_ type: ScriptType, _ name: String? = nil, write: @escaping @Sendable (__owned R) -> Value) {
        self.init([ResultSpec(name, type)]) { [write($0)] }
    }
}

extension Results<Void> {
    /// The function returns no value, not nil.
    public static var nothing: Results { Results([]) { _ in [] } }
}
extension Results<Bool> {
    /// true or false.
    public static var flag: Results { Results(.boolean) { .boolean($0) } }
}
extension Results<Int> {
    /// A Lua integer.
    public static var integer: Results { Results(.integer) { .integer($0) } }
}
extension Results<Double> {
    /// A Lua float, also where it is whole.
    public static var number: Results { Results(.number) { .number($0) } }
}
extension Results<String> {
    /// A text, in UTF-8.
    public static var string: Results { Results(.string) { .string($0) } }
}
extension Results<ByteString> {
    /// A Lua string of any bytes: a path, a name, a key.
    public static var bytes: Results { Results(.string) { .string($0) } }
}
extension Results<Value> {
    /// A single result that the body makes as a script value.
    public static func value(_ type: ScriptType, _ name: String? = nil) -> Results { Results(type, name) { $0 } }
}
extension Results<[Value]> {
    /// Several results, or any number, that the body makes as script values.
    public static func values(_ specs: ResultSpec...) -> Results { Results(specs) { $0 } }
}
extension Results where R: ScriptObject & SendableMetatype {
    /// An object of that type, shared with Swift.
    @inlinable public static func object(_ type: ObjectType) -> Results { Results(.object(type.name)) { .object($0) } }
}
