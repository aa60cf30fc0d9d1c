import Foundation
import Scripting

/// The files that scripts follow with `host.live`.
package final class LiveFiles: Service {
    /// A followed file.
    private struct Followed {
        let path: ByteString
        /// With links and dots resolved: two names of one file share a follower.
        let real: ByteString
        let proxy: Value
        var loaded: FileStamp?
        /// The records, for capsules, of the version in use and of the one before, in case a function of this one
        /// fails.
        var used: LoadedFiles.File?
        var before: LoadedFiles.File?
        /// Whether it was missing at the last check, and whether that was reported.
        var missed = false
        var isGone = false

        var name: String { path.splitPath.name.text }
        /// Its stamp at the last check, if it is not that of the loaded version. If it is the same at the next check,
        /// the file is taken to be complete: editors empty a file before they write it.
        var pending: FileStamp?
    }

    private var files: [Followed] = []
    private var lastLook: UInt64 = 0
    private var prelude: Prelude?

    /// The time between two checks of the files' stamps, in nanoseconds.
    private static let interval: UInt64 = 50_000_000

    package init() {}

    /// The table or function that stands for the file `name`.
    func open(_ name: ByteString, _ context: Context) throws -> Value {
        let prelude = try prelude(context)
        let path = try find(name, context, prelude.search)
        let real = path.resolvedPath ?? path
        if let known = files.first(where: { $0.real == real }) { return known.proxy }
        let stamp = FileStamp(path)
        if stamp?.isRegular == false { throw Fault("\(path) is a folder or a device; a Lua file expected") }
        let proxy = try prelude.open.call([.integer(files.count + 1), .string(path)]).first ?? .none
        let loaded = context.service(LoadedFiles.self)
        loaded.follow(path)
        files.append(Followed(path: path, real: real, proxy: proxy, loaded: stamp, used: loaded.file(path)))
        return proxy
    }

    /// Whether a live table was reloaded since the last call; nil for anything else.
    func reloaded(_ proxy: Value, _ context: Context) throws -> Bool? {
        guard case .boolean(let flag)? = try prelude(context).reloaded.call([proxy]).first else { return nil }
        return flag
    }

    private struct Prelude {
        let open, reloaded, search, original, members: any ScriptFunction
    }

    /// The latest version of the function that a live one stands for; nil for other functions.
    package func latest(behind function: any ScriptFunction) throws -> (any ScriptFunction)? {
        guard case .function(let original)? = try prelude?.original.call([.function(function)]).first else {
            return nil
        }
        return original
    }

    /// What a live table's file returned last; nil for other tables.
    package func latest(of table: any ScriptTable) throws -> (any ScriptTable)? {
        guard case .table(let members)? = try prelude?.members.call([.table(table)]).first else { return nil }
        return members
    }

    private func prelude(_ context: Context) throws -> Prelude {
        if let prelude { return prelude }
        let results = try context.service(ScriptRunner.self).run(
            LivePrelude.code, name: "host.live",
            [.closure(Self.stale, bound: []), .closure(Self.notice, bound: [])])
        guard results.count == 5, case .function(let open) = results[0], case .function(let reloaded) = results[1],
            case .function(let search) = results[2], case .function(let original) = results[3],
            case .function(let members) = results[4]
        else { throw Fault("is not available in this host") }
        let made = Prelude(
            open: open, reloaded: reloaded, search: search, original: original, members: members)
        prelude = made
        return made
    }

    /// Searches beside the script, in the working folder, then where `require` searches.
    private func find(_ name: ByteString, _ context: Context, _ search: any ScriptFunction) throws -> ByteString {
        let script = context.service(ScriptCall.self).script
        let isElsewhere = script.contains(UInt8(ascii: "/")) && !name.hasPrefix("/")
        let places = isElsewhere ? [script.splitPath.folder.appending(path: name), name] : [name]
        let allowed = places.filter { FileAccess.current?.allows(.load, $0) ?? true }
        if let found = allowed.first(where: \.fileExists) { return found }
        if case .string(let found)? = try search.call([.string(name)]).first { return found }
        // A watched run restarts when the file is created.
        for place in places { context.service(LoadedFiles.self).note(place, .missing) }
        let sought = places.map(\.text).joined(separator: ", ")
        throw Fault("there is no \(name): looked for \(sought), and along package.path")
    }

    /// The indices of files that changed; checks at most every ``interval``.
    private func changed() -> [Int] {
        let now = DispatchTime.now().uptimeNanoseconds
        guard now - lastLook >= Self.interval else { return [] }
        lastLook = now
        return files.indices.compactMap { index in
            let found = FileStamp(files[index].path)
            noteGone(found == nil, index)
            guard let stamp = found, stamp != files[index].loaded else {
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

    /// Reports once that a file is missing at two checks in a row: an editor that saves may remove it for a moment.
    private func noteGone(_ isGone: Bool, _ index: Int) {
        let wasMissed = files[index].missed
        files[index].missed = isGone
        guard isGone, wasMissed else {
            if !isGone { files[index].isGone = false }
            return
        }
        if !files[index].isGone {
            StandardStream.error.line("host.live: \(files[index].name) is gone; its last version stays in use")
        }
        files[index].isGone = true
    }

    private static let stale = NativeFunction(
        Declaration("host.live", "Which files changed.", takes: .context, returns: .values()) { context in
            let changed = context.service(LiveFiles.self).changed()
            return changed.isEmpty ? [] : [.list(changed.map { .integer($0) })]
        })

    private static let notice = NativeFunction(
        Declaration(
            "host.live", "What became of a file.",
            takes: .argument("number", .integer), .argument("what", .text), .argument("text", .text), .context,
            returns: .nothing
        ) { number, what, text, context in
            context.service(LiveFiles.self).tell(
                number - 1, what, text, context.service(LoadedFiles.self), context.service(LiveChanges.self))
        })

    private func tell(
        _ index: Int, _ what: String, _ text: String, _ loaded: LoadedFiles, _ changes: LiveChanges
    ) {
        guard files.indices.contains(index) else { return }
        let name = files[index].name
        switch what {
        case "reloaded":
            (files[index].before, files[index].used) = (files[index].used, loaded.file(files[index].path))
            changes.note("host.live reloaded \(name)")
            StandardStream.error.line("host.live: \(name) reloaded")
        case "gone":
            StandardStream.error.line(
                "host.live: \(name) has no function \(text) any more; its last version stays in use")
        case "failed":
            // The file counts as the source of the previous version, as far as that can be said when two versions are
            // in use.
            if let before = files[index].before { use(before, index, loaded) }
            changes.note("host.live went back to the version before of a function of \(name)")
            StandardStream.error.line("host.live: \(text)\nhost.live: its last version that worked is in use again")
        default:
            // The version that was read is not the one that the run uses.
            if let used = files[index].used { use(used, index, loaded) }
            StandardStream.error.line(
                "host.live: \(text)\nhost.live: the last version of \(name) that worked stays in use")
        }
    }

    private func use(_ file: LoadedFiles.File, _ index: Int, _ loaded: LoadedFiles) {
        files[index].used = file
        loaded.restore(file)
    }
}

extension RunFunctions {
    package static let live = Declaration(
        "host.live",
        """
        Runs a Lua file and returns the table (or function) that it returns, kept current: when the file is \
        changed while the script runs, it is run again, and the functions of the table are the new ones from \
        their next call on, also those that were picked out of it before. Other values are current when they \
        are read through the table. Files are looked at, at most, twenty times a second, when something of the \
        table is used. A file that cannot be loaded is reported once on standard error, and its last good \
        version stays in use; so does a function that was taken out of the file, and one whose new version fails \
        at its first call: that call goes to the last version that worked. What the file itself requires is not \
        followed. Change the file, not the table: what is assigned is lost or refused.
        """,
        takes: .argument("path", .bytes, "looked for beside the script, in the working folder, then as require does"),
        .context, returns: .value(.table),
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
            """
    ) { path, context in try context.service(LiveFiles.self).open(path, context) }

    package static let reloaded = Declaration(
        "host.reloaded",
        """
        Whether a table from host.live was loaded anew since this was last asked of it: to do again what was done \
        with its functions before a loop.
        """,
        takes: .argument("t", .any(expected: "what host.live returned")), .context, returns: .flag,
        errors: "anything that did not come from host.live",
        example: """
            local path = os.tmpname()
            local f <close> = assert(io.open(path, "w"))
            f:write("return {size = 3}") f:close()
            local settings = host.live(path)
            assert(settings.size == 3 and not host.reloaded(settings))
            os.remove(path)
            """
    ) { table, context in
        guard let flag = try context.service(LiveFiles.self).reloaded(table, context) else {
            throw Fault("t", "what host.live returned expected, got \(table.shown)")
        }
        return flag
    }
}
