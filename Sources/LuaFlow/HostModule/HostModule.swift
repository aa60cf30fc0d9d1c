import Foundation
import Scripting
import Storage

/// The module `host`: what a script asks of the program that runs it.
public struct HostModule: ScriptModule {
    public init() {}

    public let name = "host"
    public let summary = "The program around the script: command-line options, progress, registered parts, shipped files."
    public var functions: [NativeFunction] {
        [
            HostFunctions.arguments, HostFunctions.progress, HostFunctions.register, HostFunctions.registered, HostFunctions.names, HostFunctions.pick, HostFunctions.check,
            HostFunctions.refuse,
            HostFunctions.resource, HostFunctions.clock,
            HostFunctions.live, HostFunctions.reloaded, HostFunctions.steps, HostFunctions.pause,
        ]
    }
    public var types: [TypeFace] { [Progress.face] }
    public var kinds: [RegistryKind] { [.schedules, .noises, .masks, .presets, .commands, .subcommands] }

    public func constants(_ context: Context) throws -> [(key: String, value: Value)] { [(key: "version", value: .string(Host.version))] }
}

extension RegistryKind {
    /// Step sizes, noises, masks and presets of problem 3.
    public static let schedules = RegistryKind("schedules")
    public static let noises = RegistryKind("noises")
    public static let masks = RegistryKind("masks")
    public static let presets = RegistryKind("presets", takes: .tables)
    /// `:NAME` at the prompt.
    public static let commands = RegistryKind("commands", prefix: ":", takes: .help)
    /// `luaflow NAME`.
    public static let subcommands = RegistryKind("subcommands", prefix: "luaflow ", takes: .help)
}

enum HostFunctions {
    static let arguments = NativeFunction(
        "host.arguments",
        Documentation(
            "host.arguments{about = text, rest = text, {name, default, help}, ...} -> table",
            """
            Reads the script's command line. Each entry is {name, default, help} or {name = ..., default = ..., help = ..., \
            choices = {...}, required = true, min =, max =, integer =, writes =, reads =} (the last five as host.check has \
            them): `--name value` and `--name=value` set it, underscores may be typed as dashes. A \
            value is read as the type of its default: a number, a string, or for true and false a flag, `--name` or `--no-name`. \
            choices limits it to a list, or to the keys of a table. The result holds every value by name, and what is left \
            over in `rest` when the table says rest = "NAME". `--help` prints all this and ends the script.
            """,
            errors: "an unknown option, a value of the wrong type or outside choices or bounds: a message on stderr and exit status 2",
            example: "local options = host.arguments{{\"steps\", 300, \"how many\"}, {\"quiet\", false}}\nassert(options.steps == 300 and not options.quiet)")
    ) { arguments in
        try arguments.atMost(1)
        let specification = try ArgumentSpecification(arguments.table(1, "options"), operation: arguments.function)
        let call = arguments.context.service(ScriptCall.self)
        let program = arguments.context.service(ProgramOptions.self)
        switch try specification.read(call.arguments, program: program.takesValue) {
        case .values(let named, let rest):
            arguments.context.service(ReadOptions.self).note(named)
            return .record(named + (specification.takesRest ? [(key: "rest", value: .list(rest.map { .string($0) }))] : []))
        case .help:
            print(specification.help(usage: call.usage).visible, terminator: "")
            throw ExitRequest(code: 0)
        case .wrong(let message):
            StandardStream.error.write("luaflow: \(call.script): \(message)\nTry: \(call.usage) --help\n".visible)
            throw ExitRequest(code: 2)
        }
    }

    static let resource = NativeFunction(
        "host.resource",
        Documentation("host.resource(name) -> path: string", "The path of a file that LuaFlow ships in its models folder: looked for around the script, around the program and in the working folder, or under LUAFLOW_HOME.", errors: "no such file: the message lists the folders",
            example: "assert(not pcall(host.resource, \"no such file\"))")
    ) { arguments in
        try arguments.atMost(1)
        let name = try arguments.bytes(1, "name")
        let folders = arguments.context.service(ResourceFolders.self).folders
        let candidates = folders.map { $0.appending(path: name) }.filter { FileAccess.current?.allows(.read, $0) ?? true }
        guard let path = candidates.first(where: \.fileExists) else {
            throw arguments.error("\(name) is in none of the folders " + (folders.isEmpty ? "(there are none; set LUAFLOW_HOME)" : folders.map(\.text).joined(separator: ", ")))
        }
        return .string(path)
    }

    static let clock = NativeFunction(
        "host.clock", Documentation("host.clock() -> number", "Seconds of wall time since some fixed moment, for measuring how long something takes.", example: "local t = host.clock()\nassert(host.clock() >= t)")
    ) { arguments in
        try arguments.atMost(0)
        arguments.context.service(RunSources.self).note("host.clock")
        return .number(Double(DispatchTime.now().uptimeNanoseconds) / 1e9)
    }
}
