import LuaHost
import Scripting

/// What a recorded run takes from clocks, the environment, standard input and other programs: a capsule cannot
/// reproduce it, but a comparison can name it.
package final class RunSources: Service {
    private(set) var sources = Capsule.Sources()

    package init() {}

    package func note(_ what: String) {
        if !sources.used.contains(what) { sources.used.append(what) }
    }

    private func note(variable name: ByteString) {
        if sources.environment[name] == nil { sources.environment[name] = Capsule.Sources.isSet(name) }
    }

    /// From now on Lua's functions report their use. Otherwise they are Lua's own, as they always are in the sandbox,
    /// whose libraries cannot be changed.
    static func watch(in interpreter: Interpreter) throws {
        guard !interpreter.isSandboxed else { return }
        _ = try interpreter.run(code: code, name: "=luaflow", arguments: [.closure(noted, bound: [])])
    }

    private static let noted = NativeFunction(
        Declaration(
            "os", "Notes a source.", takes: .argument("what", .text), .argument("variable", .anything), .context,
            returns: .nothing
        ) { what, variable, context in
            let sources = context.service(RunSources.self)
            if what != "os.getenv" {
                sources.note(what)
            } else if case .string(let name) = variable {
                sources.note(variable: name)
            }
        })

    /// The functions are tail-called, so that messages name the script's line.
    private static let code = """
        local note = ...
        local io, math, os, type, getmetatable, select, ipairs = io, math, os, type, getmetatable, select, ipairs
        local function wrap(t, name, source)
          local original = type(t) == "table" and t[name]
          if type(original) ~= "function" then return end
          local said = {}
          t[name] = function(...)
            local what, detail = source(...)
            if what and not said[detail or what] then
              said[detail or what] = true
              note(what, detail)
            end
            return original(...)
          end
        end
        local function always(name) return function() return name end end
        wrap(os, "getenv", function(name)
          if type(name) == "string" then return "os.getenv", name end
        end)
        wrap(os, "time", function(t) return t == nil and "os.time" end)
        wrap(os, "date", function(_, t) return t == nil and "os.date" end)
        wrap(os, "clock", always "os.clock")
        wrap(os, "tmpname", always "os.tmpname")
        wrap(math, "randomseed", function(...) return select("#", ...) == 0 and "math.randomseed()" end)
        wrap(_G, "collectgarbage", function(what) return what == "count" and 'collectgarbage("count")' end)
        wrap(os, "execute", always "other programs")
        wrap(io, "popen", always "other programs")
        wrap(io, "read", function() return io.input() == io.stdin and "standard input" end)
        wrap(io, "lines", function(name) return name == nil and io.input() == io.stdin and "standard input" end)
        local methods = io and getmetatable(io.stdin).__index
        for _, name in ipairs{"read", "lines"} do
          wrap(methods, name, function(file) return file == io.stdin and "standard input" end)
        end
        """
}
