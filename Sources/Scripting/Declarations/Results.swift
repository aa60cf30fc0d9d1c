/// One result of a function, for documentation and editors.
public struct ResultSpec: Sendable {
    public let name: String?
    public let type: ScriptType
    /// Whether there may be any number of it.
    public let repeats: Bool

    public init(_ name: String? = nil, _ type: ScriptType, repeats: Bool = false) {
        (self.name, self.type, self.repeats) = (name, type, repeats)
    }
}

/// What a function returns: names (if any) and types for scripts, and how a Swift value becomes that.
public struct Results<R>: Sendable {
    public let specs: [ResultSpec]
    public let write: @Sendable (__owned R) -> [Value]

    public init(_ specs: [ResultSpec], write: @escaping @Sendable (__owned R) -> [Value]) {
        (self.specs, self.write) = (specs, write)
    }

    /// For a function of one result.
    public init(_ type: ScriptType, _ name: String? = nil, write: @escaping @Sendable (__owned R) -> Value) {
        self.init([ResultSpec(name, type)]) { [write($0)] }
    }
}

extension Results<Void> {
    public static var nothing: Results { Results([]) { _ in [] } }
}
extension Results<Bool> {
    public static var flag: Results { Results(.boolean) { .boolean($0) } }
}
extension Results<Int> {
    public static var integer: Results { Results(.integer) { .integer($0) } }
}
extension Results<Double> {
    public static var number: Results { Results(.number) { .number($0) } }
}
extension Results<String> {
    public static var string: Results { Results(.string) { .string($0) } }
}
extension Results<ByteString> {
    public static var bytes: Results { Results(.string) { .string($0) } }
}
extension Results<Value> {
    /// One result of a type that the body makes.
    public static func value(_ type: ScriptType, _ name: String? = nil) -> Results { Results(type, name) { $0 } }
}
extension Results<[Value]> {
    /// Several results, or any number of them, that the body makes.
    public static func values(_ specs: ResultSpec...) -> Results { Results(specs) { $0 } }
}
extension Results where R: ScriptObject & SendableMetatype {
    @inlinable public static func object(_ type: ObjectType) -> Results { Results(.object(type.name)) { .object($0) } }
}
