import LuaFlow
import Sessions

/// The inputs of a session as a script that repeats them: it computes the same, including `_`, and prints the values
/// that the prompt printed.
struct SavedScript {
    private(set) var text = ""
    /// How many inputs and files, without the start-up file.
    private(set) var count = 0
    /// Inputs that no script can repeat.
    private(set) var omitted: [String] = []

    private let session: PromptSession
    /// Names for the script's own helper functions, which no input uses.
    private let names: [Helper: String]
    /// The names in the inputs.
    private let words: Set<String>
    private var used: Set<Helper> = []

    init(_ session: PromptSession) {
        self.session = session
        var words: Set<String> = []
        for case .input(let text) in session.record { words.formUnion(SavedScript.names(text)) }
        for case .repeated(let text, _) in session.record { words.formUnion(SavedScript.names(text)) }
        self.words = words
        names = Dictionary(
            uniqueKeysWithValues: Helper.allCases.map { helper in
                var name = helper.rawValue
                while words.contains(name) { name += "_" }
                return (helper, name)
            })
        var body = ""
        for done in session.record { body += lines(done) }
        text = "-- Written by :save.\n" + modules(for: words) + definitions + body
    }

    private static func names(_ code: String) -> [String] { Lua.tokens(code).filter { $0.kind == .name }.map(\.text) }

    // MARK: What was done

    private mutating func lines(_ done: PromptSession.Record) -> String {
        switch done {
        case .input(let text):
            count += 1
            return statement(text) + "\n"
        case .shadowed(let names):
            let list = names.joined(separator: ", ")
            return "local \(list) = \(list)\n"
        case .repeated(let text, let times):
            count += 1
            let kept = TopLevelLocals.kept(text, .compact)
            let code = session.session.form(of: kept).code(kept)
            return "\(call(.times))(\(times), function(...)\n\(code)\nend)\n"
        case .file(let path, let arguments, let forgotten, let isStartUp, let locals):
            if !isStartUp { count += 1 }
            let forgetting = forgotten.map { "package.loaded[\(Text.quoted($0))] = nil\n" }.joined()
            let words = ([path] + arguments).map(Text.quoted).joined(separator: ", ")
            let kept = locals.intersection(self.words).sorted()
            guard !kept.isEmpty else { return forgetting + "\(call(.show))(\(call(.run))(\(words)))\n" }
            let list = "{" + kept.map { "\($0) = true" }.joined(separator: ", ") + "}"
            return forgetting + "\(call(.show))(\(call(.runKeeping))(\(list), \(words)))\n"
        case .command(let name, let text):
            count += 1
            let words = "(\(Text.quoted(name)), \(Text.quoted(text)))"
            return "\(call(.show))(\(call(.command))\(words))\n"
        case .omitted(let what):
            omitted.append(what)
            return "-- Left out: \(what)\n"
        }
    }

    private mutating func statement(_ input: String) -> String {
        let kept = TopLevelLocals.kept(input, .compact).trimmed
        let isSilent = Session.isSilent(kept)
        switch session.session.form(of: kept) {
        case .expression: return value(kept, isSilent)
        case .ending(let start):
            let bytes = Array(kept.utf8)
            return separated(String(decoding: bytes[..<start], as: UTF8.self)) + "\n"
                + value(String(decoding: bytes[start...], as: UTF8.self), isSilent)
        default:
            // What returns, has a label or a variable to be closed is a chunk of its own.
            guard SavedScript.needsFunction(kept) else { return separated(kept) }
            let made = "(function(...)\n\(kept)\nend)()"
            return isSilent ? "\(call(.keep))\(made.wrapped)" : "\(call(.show))(\(call(.keep))\(made.wrapped))"
        }
    }

    /// An expression is no statement: its value is stored, and printed unless it ends in a semicolon.
    private mutating func value(_ expression: String, _ isSilent: Bool) -> String {
        var tokens = Lua.tokens(expression).filter { $0.kind != .comment }
        if tokens.last?.isSymbol(";") == true { tokens.removeLast() }
        guard let first = tokens.first, let last = tokens.last else { return expression }
        let bytes = Array(expression.utf8)[first.range.lowerBound..<last.range.upperBound]
        let kept = call(.keep) + String(decoding: bytes, as: UTF8.self).wrapped
        return isSilent ? kept : "\(call(.show))(\(kept))"
    }

    /// A semicolon before a line that begins with a parenthesis, which would otherwise continue the line before.
    private func separated(_ code: String) -> String { (code.hasPrefix("(") ? ";" : "") + code }

    private static func needsFunction(_ code: String) -> Bool {
        var open: [String] = []
        for token in Lua.tokens(code) {
            if token.isSymbol("::"), open.isEmpty { return true }
            guard token.kind == .keyword else { continue }
            switch token.text {
            case "do", "if", "function", "repeat": open.append(token.text)
            case "end", "until": _ = open.popLast()
            // TopLevelLocals leaves only those that are to be closed.
            case "local" where open.isEmpty: return true
            case "return" where !open.contains("function"): return true
            default: break
            }
        }
        return false
    }

    // MARK: What the script needs

    /// At the prompt every module is a global. Those whose names inputs use must be required, and all where other code
    /// may use them.
    private func modules(for words: Set<String>) -> String {
        let elsewhere: Set<String> = ["require", "load", "loadfile", "dofile", "_G", "_ENV"]
        let all =
            used.contains(.run) || used.contains(.runKeeping) || used.contains(.command)
            || !words.isDisjoint(with: elsewhere)
        let needed = session.host.modules.map(\.name).filter { all || words.contains($0) }
        return needed.map { "\($0) = require \"\($0)\"\n" }.joined()
    }

    private mutating func call(_ helper: Helper) -> String {
        used.insert(helper)
        return names[helper] ?? helper.rawValue
    }

    private var definitions: String {
        let made = Helper.allCases.filter(used.contains)
        guard !made.isEmpty else { return "\n" }
        let list = made.compactMap { names[$0] }.joined(separator: ", ")
        let bodies = made.map { $0.definition(names[$0] ?? $0.rawValue) }.joined()
        return """

            -- What the prompt did around the inputs.
            local \(list)
            do
              local globals, rawget, rawset, print, pcall, select = _G, rawget, rawset, print, pcall, select
            \(bodies)end


            """
    }

    private enum Helper: String, CaseIterable {
        /// Makes the first value `_`, and returns all values.
        case keep
        case show
        /// Runs a file as `:load` does.
        case run
        /// The same; variables of the file that inputs use become globals.
        case runKeeping
        case times
        case command

        func definition(_ name: String) -> String {
            let lines =
                switch self {
                case .keep:
                    """
                    function \(name)(...)
                      if (...) ~= nil then
                        rawset(globals, "___", rawget(globals, "__"))
                        rawset(globals, "__", rawget(globals, "_"))
                        rawset(globals, "_", (...))
                      end
                      return ...
                    end
                    """
                case .show:
                    """
                    function \(name)(...)
                      for i = 1, select("#", ...) do pcall(print, (select(i, ...))) end
                    end
                    """
                case .run:
                    """
                    local package, loadfile, error, path = package, loadfile, error, package.path
                    function \(name)(file, ...)
                      local folder = file:match("^(.*)/") or "."
                      package.path = folder .. "/?.lua;" .. folder .. "/?/init.lua;" .. path
                      rawset(globals, "arg", {[0] = file, ...})
                      local chunk, message = loadfile(file)
                      if not chunk then error(message, 0) end
                      return chunk(...)
                    end
                    """
                case .runKeeping:
                    """
                    local package, loadfile, error, path = package, loadfile, error, package.path
                    local pack, unpack, sethook, getinfo = table.pack, table.unpack, debug.sethook, debug.getinfo
                    local getlocal = debug.getlocal
                    function \(name)(kept, file, ...)
                      local folder = file:match("^(.*)/") or "."
                      package.path = folder .. "/?.lua;" .. folder .. "/?/init.lua;" .. path
                      rawset(globals, "arg", {[0] = file, ...})
                      local chunk, message = loadfile(file)
                      if not chunk then error(message, 0) end
                      sethook(function()
                        if getinfo(2, "f").func ~= chunk then return end
                        local i, name, value = 1, getlocal(2, 1)
                        while name do
                          if kept[name] then rawset(globals, name, value) end
                          i = i + 1
                          name, value = getlocal(2, i)
                        end
                      end, "r")
                      local results = pack(chunk(...))
                      sethook()
                      return unpack(results, 1, results.n)
                    end
                    """
                case .times: "function \(name)(count, f) for i = 1, count do f() end end"
                case .command:
                    """
                    local host = require "host"
                    function \(name)(name, text) return host.registered("commands")[name](text) end
                    """
                }
            return lines.split(separator: "\n").map { "  " + $0 + "\n" }.joined()
        }
    }
}

extension String {
    /// In parentheses; a comment in it is ended by a line end first.
    fileprivate var wrapped: String { contains("--") ? "(\(self)\n)" : "(\(self))" }
}
