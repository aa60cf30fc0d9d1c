/// A function that a script registered, with its help and origin.
public struct Registration {
    /// What it serves as.
    public let kind: RegistryKind
    public let name: ByteString
    /// The registered value: a function or, for kinds that accept them, a table.
    public let value: Value
    /// The registered function, or one that returns the table. A command gets the text after its name; a subcommand its
    /// arguments as strings; schedules and the like what problem 3 passes; a constructor the arguments of
    /// `projection.NAME(...)`.
    public let function: any ScriptFunction
    /// One line for listings, if given.
    public let help: String?
    /// For commands and subcommands, if given: from the text typed so far to a list of completions.
    public let complete: (any ScriptFunction)?
    /// The line that called host.register; nil if the program registered it.
    public let place: ScriptPlace?
    /// The file that registered it: that of ``place`` or, inside ``Registry/loading(_:_:)``, the file being loaded.
    public let owner: ByteString?

    /// Reads a registered value: a function or, for kinds with help, `{run = f, ...}`.
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

    /// The origin in words, for messages.
    public var origin: String { place?.description ?? "the program" }
}

/// The table `{run = f, help = text, complete = f}`.
private struct Parts {
    var run: (any ScriptFunction)?
    var help = ""
    var complete: (any ScriptFunction)?

    static let options = OptionTable(
        { Parts() }, .option("run", \.run, .optional(.function)), .option("help", \.help, .text),
        .option("complete", \.complete, .optional(.function)))
}

/// A registered table as a function that returns it.
private final class Settings: ScriptFunction {
    private let table: any ScriptTable

    init(_ table: any ScriptTable) { self.table = table }

    func call(_ arguments: [Value]) throws -> [Value] { [.table(table)] }
}
