/// The options that a script declares in a call `host.arguments{{"steps", 300, "how many"}, ...}`.
public struct DeclaredOptions: Sendable {
    /// One option, as `--name value` or the switch `--name`.
    public struct Option: Sendable, Equatable {
        /// As the script declares it: `warm_restarts`.
        public let name: String
        /// Whether its default is a boolean.
        public let isFlag: Bool

        /// The option as typed: `warm-restarts` for `warm_restarts`.
        public var flag: String { name.map { $0 == "_" ? "-" : String($0) }.joined() }
    }

    /// In the order of the call.
    public let all: [Option]

    /// - Returns: nil for a text with syntax errors, or without such a call.
    public init?(in text: [UInt8]) {
        guard let tree = try? Parser.parse(bytes: text, isFile: true) else { return nil }
        var found: [Option]?
        Walk { expression, _ in
            guard case .chain(_, let suffixes) = expression.kind else { return }
            // host.arguments{...}, require("host").arguments{...}, or the module under another name.
            for (suffix, next) in zip(suffixes, suffixes.dropFirst()) where suffix.fieldName == "arguments" {
                guard case .call(let arguments) = next.kind, let entries = arguments.first?.tableFields
                else { continue }
                found = (found ?? []) + entries.compactMap { DeclaredOptions.option($0.value) }
            }
        }.block(tree.body)
        guard let found else { return nil }
        all = found
    }

    private static func option(_ entry: Expression) -> Option? {
        guard let fields = entry.tableFields else { return nil }
        let placed = fields.filter { if case .position = $0.key { true } else { false } }.map(\.value)
        func value(_ name: String, _ place: Int) -> Expression? {
            let named = fields.first { if case .name(name) = $0.key { true } else { false } }
            return named?.value ?? (placed.indices.contains(place) ? placed[place] : nil)
        }
        guard case .string(let name)? = value("name", 0)?.kind, !name.isEmpty else { return nil }
        switch value("default", 1)?.kind {
        case .true, .false: return Option(name: name, isFlag: true)
        default: return Option(name: name, isFlag: false)
        }
    }
}
