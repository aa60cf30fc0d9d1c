/// A function that a script registered, with what is known of it.
public struct Registration {
    public let kind: RegistryKind
    public let name: ByteString
    /// What was registered: a function or, where the kind takes tables, a table.
    public let value: Value
    /// The function that was registered, or one that returns the table. A command gets the text behind its name, a
    /// subcommand its arguments, each a string; a schedule and its like what problem 3 gives them; a constructor the
    /// arguments of `projection.NAME(...)`.
    public let function: any ScriptFunction
    /// One line for listings, if the script gave one.
    public let help: String?
    /// For commands and subcommands: from the text typed so far to a list of what may follow, if the script gave one.
    public let complete: (any ScriptFunction)?
    /// The line that called host.register; nil when no script did.
    public let place: ScriptPlace?
    /// The file whose loading brought it: that of ``place`` or, inside ``Registry/loading(_:_:)``, the file loaded.
    public let owner: ByteString?

    /// Reads what a script gave under a name: a function or, where the kind takes help, `{run = f, ...}`.
    init(
        _ kind: RegistryKind, _ name: ByteString, _ value: Value, place: ScriptPlace?, owner: ByteString?,
        for operation: String
    ) throws {
        try kind.check(name, for: operation)
        (self.kind, self.name, self.place, self.owner) = (kind, name, place, owner)
        let label = "\(operation): \(kind.name).\(name)"
        switch value {
        case .function(let function):
            (self.value, self.function, help, complete) = (value, function, nil, nil)
        case .table(let table) where kind.takes == .tables:
            (self.value, self.function, help, complete) = (value, Settings(table), nil, nil)
        case .table(let table) where kind.takes == .help:
            let parts: Parts
            do {
                parts = try Parts.options.read(table, over: Parts())
            } catch let fault as Fault {
                throw ScriptError(label, fault.message)
            }
            guard let run = parts.run else { throw ScriptError(label, "run = a function expected, got nothing") }
            self.value = .function(run)
            function = run
            help = parts.help.isEmpty ? nil : parts.help
            complete = parts.complete
        default:
            let expected =
                switch kind.takes {
                case .help: "a function or {run = f, help = text, complete = f}"
                case .tables: "a table"
                case .functions: "a function"
                }
            throw ScriptError(label, "\(expected) expected, got \(value.shown)")
        }
    }

    /// Where it came from, for messages.
    public var origin: String { place?.description ?? "the program" }
}

/// `{run = f, help = text, complete = f}`
private struct Parts {
    var run: (any ScriptFunction)?
    var help = ""
    var complete: (any ScriptFunction)?

    static let options = OptionTable(
        { Parts() }, .option("run", \.run, .optional(.function)), .option("help", \.help, .text),
        .option("complete", \.complete, .optional(.function)))
}

/// A table in the place of a function: a call returns it.
private final class Settings: ScriptFunction {
    private let table: any ScriptTable

    init(_ table: any ScriptTable) { self.table = table }

    func call(_ arguments: [Value]) throws -> [Value] { [.table(table)] }
}
