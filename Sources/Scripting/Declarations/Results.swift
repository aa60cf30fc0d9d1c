/// One result of a function, for documentation and editors.
public struct ResultSpec: Sendable {
    public let name: String?
    public let type: ScriptType
    /// Whether it may occur any number of times.
    public let repeats: Bool

    public init(_ name: String? = nil, _ type: ScriptType, repeats: Bool = false) {
        (self.name, self.type, self.repeats) = (name, type, repeats)
    }
}

/// The results of a function: types (and names, if any) for scripts, and the conversion from a Swift value.
public struct Results<R>: Sendable {
    public let specs: [ResultSpec]
    public let write: @Sendable (__owned R) -> [Value]

    public init(_ specs: [ResultSpec], write: @escaping @Sendable (__owned R) -> [Value]) {
        (self.specs, self.write) = (specs, write)
    }

    /// For a single result.
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
    /// A single result that the body makes as a script value.
    public static func value(_ type: ScriptType, _ name: String? = nil) -> Results { Results(type, name) { $0 } }
}
extension Results<[Value]> {
    /// Several results, or any number, that the body makes as script values.
    public static func values(_ specs: ResultSpec...) -> Results { Results(specs) { $0 } }
}
extension Results where R: ScriptObject & SendableMetatype {
    @inlinable public static func object(_ type: ObjectType) -> Results { Results(.object(type.name)) { .object($0) } }
}
