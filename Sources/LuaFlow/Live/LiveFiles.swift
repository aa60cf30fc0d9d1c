import Foundation
import Scripting

/// The files that scripts follow with `host.live`.
final class LiveFiles: Service {
    /// One followed file.
    private struct Followed {
        let path: String
        let face: Value
        var loaded: FileStamp?
        /// Seen at the last look, and not what is loaded. When it is seen again, the file is taken to be whole: editors
        /// empty a file before they write it.
        var pending: FileStamp?
    }

    private var files: [Followed] = []
    private var lastLook: UInt64 = 0
    private var prelude: Prelude?

    /// Between two looks at the files' stamps, in nanoseconds.
    private static let interval: UInt64 = 50_000_000

    init() {}

    /// The table or function that stands for the file that `name` means.
    func open(_ name: String, _ arguments: Arguments) throws -> Value {
        let prelude = try prelude(arguments)
        let path = try find(name, arguments, prelude.search)
        if let known = files.first(where: { $0.path == path }) { return known.face }
        let stamp = FileStamp(path)
        let face = try prelude.open.call([.integer(files.count + 1), .string(path)]).first ?? .none
        files.append(Followed(path: path, face: face, loaded: stamp))
        return face
    }

    /// Whether a live table was reloaded since this was last asked; nil for anything that is not one.
    func reloaded(_ face: Value, _ arguments: Arguments) throws -> Bool? {
        guard case .boolean(let flag)? = try prelude(arguments).reloaded.call([face]).first else { return nil }
        return flag
    }

    private struct Prelude {
        let open, reloaded, search, original: any ScriptFunction
    }

    /// Where the function was written that a live one stands for; nil for any other function.
    func definition(behind function: any ScriptFunction) throws -> ScriptPlace? {
        guard case .function(let original)? = try prelude?.original.call([.function(function)]).first else { return nil }
        return original.definition
    }

    private func prelude(_ arguments: Arguments) throws -> Prelude {
        if let prelude { return prelude }
        let results = try arguments.context.service(ScriptRunner.self).run(
            LivePrelude.code, name: "host.live",
            [.closure(Self.stale, bound: []), .closure(Self.notice, bound: [])])
        guard results.count == 4, case .function(let open) = results[0], case .function(let reloaded) = results[1],
            case .function(let search) = results[2], case .function(let original) = results[3]
        else { throw arguments.error("is not available in this host") }
        let made = Prelude(open: open, reloaded: reloaded, search: search, original: original)
        prelude = made
        return made
    }

    /// Beside the script, in the working folder, then where `require` looks.
    private func find(_ name: String, _ arguments: Arguments, _ search: any ScriptFunction) throws -> String {
        let script = arguments.context.service(ScriptCall.self).script
        let beside = script.lastIndex(of: "/").map { String(script[...$0]) } ?? ""
        let places = name.hasPrefix("/") ? [name] : beside.isEmpty ? [name] : [beside + name, name]
        let allowed = places.filter { FileAccess.current?.allows(.load, $0) ?? true }
        if let found = allowed.first(where: { FileManager.default.fileExists(atPath: $0) }) { return found }
        if case .string(let found)? = try search.call([.string(name)]).first { return found }
        // A run that is watched begins again when it is made.
        for place in places { arguments.context.service(LoadedFiles.self).note(place, .missing) }
        let sought = places.joined(separator: ", ")
        throw arguments.error("there is no \(name): looked for \(sought), and along package.path")
    }

    /// The numbers of files that changed, looking at most every ``interval``.
    private func changed() -> [Int] {
        let now = DispatchTime.now().uptimeNanoseconds
        guard now - lastLook >= Self.interval else { return [] }
        lastLook = now
        return files.indices.compactMap { index in
            guard let stamp = FileStamp(files[index].path), stamp != files[index].loaded else {
                files[index].pending = nil
                return nil
            }
            guard stamp == files[index].pending else {
                files[index].pending = stamp
                return nil
            }
            (files[index].loaded, files[index].pending) = (stamp, nil)
            return index + 1
        }
    }

    private static let stale = NativeFunction("host.live", Documentation("", "")) { arguments -> [Value] in
        let changed = arguments.context.service(LiveFiles.self).changed()
        return changed.isEmpty ? [] : [.list(changed.map { .integer($0) })]
    }

    private static let notice = NativeFunction("host.live", Documentation("", "")) { arguments -> [Value] in
        let context = arguments.context
        let number = try arguments.integer(1, "number"), text = try arguments.string(3, "text")
        let files = context.service(LiveFiles.self).files
        guard files.indices.contains(number - 1) else { return [] }
        let name = URL(fileURLWithPath: files[number - 1].path).lastPathComponent
        switch try arguments.string(2, "what") {
        case "reloaded":
            context.service(LiveChanges.self).note("host.live reloaded \(name)")
            StandardStream.error.line("host.live: \(name) reloaded")
        case "gone":
            StandardStream.error.line("host.live: \(name) has no function \(text) any more; its last version stays in use")
        default:
            StandardStream.error.line("host.live: \(text)\nhost.live: the last version of \(name) that worked stays in use")
        }
        return []
    }
}

/// What people changed while a run was going on, which is why the run cannot be repeated from its files alone.
package final class LiveChanges: Service {
    /// In order, a short sentence each.
    package private(set) var all: [String] = []

    package init() {}

    package func note(_ change: String) { all.append(change) }
}

/// Runs text as Lua inside the run in progress: for functions of ours that are partly Lua.
final class ScriptRunner: Service {
    weak var interpreter: Interpreter?

    init() {}

    func run(_ code: String, name: String, _ arguments: [Value] = []) throws -> [Value] {
        guard let interpreter else { throw ScriptError(name, "is not available without a host") }
        return try interpreter.run(code: code, name: name, arguments: arguments)
    }
}

extension StandardStream {
    /// Writes a line of its own, over a progress bar if one stands there.
    func line(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }
}

extension HostFunctions {
    static let live = NativeFunction(
        "host.live",
        Documentation(
            "host.live(path) -> table",
            """
            Runs a Lua file and returns the table (or function) that it returns, kept current: when the file is \
            changed while the script runs, it is run again, and the functions of the table are the new ones from \
            their next call on, also those that were picked out of it before. Other values are current when they \
            are read through the table. Files are looked at, at most, twenty times a second, when something of the \
            table is used. A file that cannot be loaded is reported once on standard error, and its last good \
            version stays in use; so does a function that was taken out of the file. The path is looked for beside \
            the script, in the working folder, then as require does. What the file itself requires is not \
            followed. Change the file, not the table: what is assigned is lost or refused.
            """,
            errors: "no such file; an error when it is first loaded; a file that returns neither a table nor a function",
            example: """
                local path = os.tmpname()
                local function write(text) local f <close> = assert(io.open(path, "w")) f:write(text) end
                write "return {rate = function(k) return 1 / k end}"
                local schedules = host.live(path)
                local rate = schedules.rate
                assert(rate(2) == 0.5)
                write "return {rate = function(k) return 0.1 end}"
                local since = host.clock()
                while rate(2) == 0.5 and host.clock() - since < 30 do end
                assert(rate(2) == 0.1)
                os.remove(path)
                """)
    ) { arguments in
        try arguments.atMost(1)
        return try arguments.context.service(LiveFiles.self).open(arguments.string(1, "path"), arguments)
    }

    static let reloaded = NativeFunction(
        "host.reloaded",
        Documentation(
            "host.reloaded(t) -> boolean",
            """
            Whether a table from host.live was loaded anew since this was last asked of it: to do again what was done \
            with its functions before a loop.
            """,
            errors: "anything that did not come from host.live",
            example: """
                local path = os.tmpname()
                local f <close> = assert(io.open(path, "w"))
                f:write("return {size = 3}") f:close()
                local settings = host.live(path)
                assert(settings.size == 3 and not host.reloaded(settings))
                os.remove(path)
                """)
    ) { arguments in
        try arguments.atMost(1)
        guard let flag = try arguments.context.service(LiveFiles.self).reloaded(arguments[1], arguments) else {
            throw arguments.error(1, "t", expected: "what host.live returned")
        }
        return .boolean(flag)
    }
}
