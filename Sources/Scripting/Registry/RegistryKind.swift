/// What can be registered, by the plural that scripts use: `host.register{schedules = {...}}`.
///
/// The list is closed: a kind is what some part of the host asks for, so a misspelt one is an error, not a new drawer
/// that nobody opens.
public enum RegistryKind: String, CaseIterable, Sendable {
    /// Step sizes, noises, masks and presets of problem 3.
    case schedules, noises, masks, presets
    /// Constructors: `projection.NAME`, `distribution.NAME`, `flow.NAME`.
    case projections, distributions, transforms
    /// `:NAME` at the prompt.
    case commands
    /// `luaflow NAME`.
    case subcommands

    /// Kinds whose value may be a table `{run = f, help = text, complete = f}`.
    public var takesHelp: Bool { self == .commands || self == .subcommands }

    /// Kinds whose value may be a table of settings, handed on as it is.
    public var takesTables: Bool { self == .presets }

    /// The name as its user types it.
    public func shown(_ name: String) -> String {
        switch self {
        case .projections: "projection.\(name)"
        case .distributions: "distribution.\(name)"
        case .transforms: "flow.\(name)"
        case .commands: ":\(name)"
        case .subcommands: "luaflow \(name)"
        case .schedules, .noises, .masks, .presets: "\(rawValue).\(name)"
        }
    }

    /// Refuses what could not be typed where the kind is used.
    func check(_ name: ByteString, for operation: String) throws {
        // Bytes that are no UTF-8 are shown as a mark that is no letter.
        let letters = Array(name.text.unicodeScalars)
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_"
                || (scalar.isASCII ? isLetter(scalar) || ("0"..."9").contains(scalar) : scalar.properties.isAlphabetic)
        }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) }
        switch self {
        case .projections, .distributions, .transforms:
            guard let first = letters.first, ("A"..."Z").contains(first),
                letters.allSatisfy({ $0.isASCII && isWord($0) })
            else {
                throw ScriptError(
                    operation,
                    "\(rawValue): \"\(name)\" makes an object, so a capital letter and then letters, digits and _ expected"
                )
            }
        default:
            guard let first = letters.first, first != "-", letters.allSatisfy({ isWord($0) || $0 == "-" }) else {
                throw ScriptError(operation, "\(rawValue): \"\(name)\": a name of letters, digits, _ and - expected")
            }
        }
    }
}

extension Parameter<[RegistryKind: any ScriptTable]> {
    /// An option for every kind.
    public static var kinds: Parameter {
        let domain = Domain<(any ScriptTable)?>.optional(
            .table(.map(.any), expected: "a table from names to functions"))
        let options = RegistryKind.allCases.map { kind in
            (kind: kind, members: Parameter<(any ScriptTable)?>.option(kind.rawValue, domain))
        }
        return Parameter(options.flatMap(\.members.specs)) { call in
            var kinds: [RegistryKind: any ScriptTable] = [:]
            for option in options { kinds[option.kind] = try option.members.read(&call) }
            return kinds
        }
    }
}
