/// A kind of parts that can be registered, by the plural name that scripts use: `host.register{schedules = {...}}`.
///
/// A module declares its kinds (``ScriptModule/kinds``), and a host has no others, so that a misspelt kind is an error.
public struct RegistryKind: Hashable, Sendable {
    /// What a registered value may be, besides a function.
    public enum Takes: Sendable {
        /// Functions only.
        case functions
        /// `{run = f, help = text, complete = f}`
        case help
        /// A table of settings, passed on unchanged.
        case tables
    }

    /// The name in host.register: `schedules`.
    public let name: String
    /// What precedes a name where it is used: `:` for commands.
    let prefix: String
    public let takes: Takes
    /// The module that gets them as constructors, `projection.NAME`; nil for other kinds.
    public let module: String?

    /// - Parameter prefix: what precedes a name where it is used; by default `name.`.
    public init(_ name: String, prefix: String? = nil, takes: Takes = .functions) {
        (self.name, self.takes, module) = (name, takes, nil)
        self.prefix = prefix ?? name + "."
    }

    /// Constructors of a module: `projection.NAME(...)`.
    public init(_ name: String, constructorsOf module: String) {
        (self.name, self.module, takes, prefix) = (name, module, .functions, module + ".")
    }

    public static func == (a: RegistryKind, b: RegistryKind) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// The message about an unknown kind.
    public static func unknown(_ name: String, among kinds: [RegistryKind]) -> String {
        let names = kinds.map(\.name)
        return "there is no kind \"\(name)\"\(suggestion(for: name, among: names)); the kinds are "
            + names.joined(separator: ", ")
    }

    /// The name as it is typed where it is used.
    public func shown(_ name: String) -> String { prefix + name }

    /// Throws for a name that could not be typed where it is used.
    func check(_ name: ByteString, for operation: String) throws {
        // Invalid UTF-8 is replaced by U+FFFD, which is no letter.
        let letters = Array(name.text.unicodeScalars)
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_"
                || (scalar.isASCII ? isLetter(scalar) || ("0"..."9").contains(scalar) : scalar.properties.isAlphabetic)
        }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) }
        if module != nil {
            guard let first = letters.first, ("A"..."Z").contains(first),
                letters.allSatisfy({ $0.isASCII && isWord($0) })
            else {
                throw ScriptError(
                    operation,
                    "\(self.name): \"\(name)\" makes an object, so a capital letter and then letters, digits and _ "
                        + "expected")
            }
        } else {
            guard let first = letters.first, first != "-", letters.allSatisfy({ isWord($0) || $0 == "-" }) else {
                throw ScriptError(operation, "\(self.name): \"\(name)\": a name of letters, digits, _ and - expected")
            }
        }
    }
}
