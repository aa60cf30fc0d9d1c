/// What can be registered, by the plural that scripts use: `host.register{schedules = {...}}`.
///
/// A module declares its kinds (``ScriptModule/kinds``); a host has no others: a kind is what some part of it
/// asks for, and a misspelt one is an error.
public struct RegistryKind: Hashable, Sendable {
    /// What the value under a name may be, besides a function.
    public enum Takes: Sendable {
        case functions
        /// `{run = f, help = text, complete = f}`
        case help
        /// A table of settings, handed on as it is.
        case tables
    }

    /// `schedules`
    public let name: String
    /// What stands before a name where its user types it: `:` of a command.
    let prefix: String
    public let takes: Takes
    /// The module whose constructors they are, `projection.NAME`; nil for parts of another use.
    public let module: String?

    /// - Parameter prefix: what stands before a name where its user types it; `name.` if nothing else is said.
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

    /// What is said of a kind that is none.
    public static func unknown(_ name: String, among kinds: [RegistryKind]) -> String {
        let names = kinds.map(\.name)
        return "there is no kind \"\(name)\"\(suggestion(for: name, among: names)); the kinds are "
            + names.joined(separator: ", ")
    }

    /// The name as its user types it.
    public func shown(_ name: String) -> String { prefix + name }

    /// Refuses what could not be typed where the kind is used.
    func check(_ name: ByteString, for operation: String) throws {
        // Bytes that are no UTF-8 are shown as a mark that is no letter.
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
