import Files
import Foundation
import Runs
import Scripting

/// The module `host`: services of the program that runs a script.
public struct HostModule: ScriptModule {
    public init() {}

    public let name = "host"
    public let summary = """
        The program around the script: command-line options, progress, registered parts, shipped files.
        """
    public var functions: [NativeFunction] {
        [
            HostFunctions.arguments, RunFunctions.progress, HostFunctions.register, HostFunctions.registered,
            HostFunctions.names, HostFunctions.pick, HostFunctions.check, HostFunctions.refuse,
            HostFunctions.resource, HostFunctions.clock, HostFunctions.threads,
            RunFunctions.live, RunFunctions.reloaded, RunFunctions.steps, RunFunctions.pause,
        ].map { NativeFunction($0) }
    }
    public var types: [TypeBinding] { [Progress.binding] }
    public var kinds: [RegistryKind] { [.schedules, .noises, .masks, .presets, .commands, .subcommands] }

    public func constants(_ context: Context) throws -> [(key: String, value: Value)] {
        [(key: "version", value: .string(Host.version))]
    }
}

extension RegistryKind {
    /// Step sizes, noises, masks and presets of problem 3.
    public static let schedules = RegistryKind("schedules")
    public static let noises = RegistryKind("noises")
    public static let masks = RegistryKind("masks")
    public static let presets = RegistryKind("presets", takes: .tables)
    /// Commands at the prompt, `:NAME`.
    public static let commands = RegistryKind("commands", prefix: ":", takes: .help)
    /// Subcommands, `luaflow NAME`.
    public static let subcommands = RegistryKind("subcommands", prefix: "luaflow ", takes: .help)
}

enum HostFunctions {
    static let arguments = Declaration(
        "host.arguments",
        """
        Reads the script's command line. Each entry is {name, default, help} or {name = ..., default = ..., help = \
        ..., choices = {...}, required = true, min =, max =, integer =, writes =, reads =} (the last five as \
        host.check has them): `--name value` and `--name=value` set it, underscores may be typed as dashes. A value is \
        read as the type of its default: a number, a string, or for true and false a flag, `--name` or `--no-name`. \
        choices limits it to a list, or to the keys of a table. The result holds every value by name, and what is left \
        over in `rest`. `--help` prints all this and ends the script. A script that is called wrongly ends with a \
        message on standard error and exit status 2.
        """,
        by: .table,
        takes: .rest("entry", ArgumentSpecification.entry),
        .option("about", .text, default: "", "what the script is for, at the head of its help"),
        .option("rest", .optional(.text), "what operands are called in the help; without it there may be none"),
        .context, returns: .value(.table),
        errors: "two entries of one name",
        example: """
            local options = host.arguments{{"steps", 300, "how many"}, {"quiet", false}}
            assert(options.steps == 300 and not options.quiet)
            """
    ) { entries, about, rest, context in
        let specification = try ArgumentSpecification(about: about, rest: rest, entries)
        let call = context.service(ScriptCall.self)
        let program = context.service(ProgramOptions.self)
        switch try specification.read(call.arguments, program: program.takesValue) {
        case .values(let named, let operands):
            context.service(ReadOptions.self).note(named)
            let left = (key: ByteString("rest"), value: Value.list(operands.map { .string($0) }))
            return .record(named + (rest == nil ? [] : [left]))
        case .help:
            print(specification.help(usage: call.usage).visible, terminator: "")
            throw ExitRequest(code: 0)
        case .wrong(let message):
            StandardStream.error.write("luaflow: \(call.script): \(message)\nTry: \(call.usage) --help\n".visible)
            throw ExitRequest(code: 2)
        }
    }

    static let resource = Declaration(
        "host.resource",
        """
        The path of a file that LuaFlow ships in its models folder: looked for around the script, around the program \
        and in the working folder, or under LUAFLOW_HOME.
        """,
        takes: .argument("name", .bytes), .context, returns: Results(.string, "path") { .string($0) },
        errors: "no such file: the message lists the folders",
        example: "assert(not pcall(host.resource, \"no such file\"))"
    ) { name, context in
        let folders = context.service(ResourceFolders.self).folders
        let candidates = folders.map { $0.appending(path: name) }
        let allowed = candidates.filter { FileAccess.current?.allows(.read, $0) ?? true }
        guard let path = allowed.first(where: \.fileExists) else {
            let none = "(there are none; set LUAFLOW_HOME)"
            let places = folders.isEmpty ? none : folders.map(\.text).joined(separator: ", ")
            throw Fault("\(name) is in none of the folders \(places)")
        }
        return path
    }

    static let threads = Declaration(
        "host.threads",
        """
        How many threads large tensor operations work with; with a number, from now on so many. At the start it is \
        LUAFLOW_THREADS from the environment, else one for each processor. No result depends on it.
        """,
        takes: .argument("count", .optional(.integer(from: 1, to: ThreadCount.most)), "unchanged by default"),
        returns: .integer,
        errors: "in the sandbox, more than at the start",
        example: """
            local before = host.threads()
            assert(host.threads(1) == 1 and host.threads() == 1)
            host.threads(before)
            """
    ) { count in
        guard let threads = ThreadCount.current else { return 1 }
        if let count { try threads.set(count, for: "host.threads") }
        return threads.value
    }

    static let clock = Declaration(
        "host.clock", "Seconds of wall time since some fixed moment, for measuring how long something takes.",
        takes: .context, returns: .number, example: "local t = host.clock()\nassert(host.clock() >= t)"
    ) { context in
        context.service(RunSources.self).note("host.clock")
        return Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    }
}
