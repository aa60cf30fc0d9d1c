import LuaHost
import Scripting

/// Runs Lua code inside the run in progress, for functions of ours that are partly written in Lua.
package final class ScriptRunner: Service {
    package weak var interpreter: Interpreter?

    package init() {}

    package func run(_ code: String, name: String, _ arguments: [Value] = []) throws -> [Value] {
        guard let interpreter else { throw ScriptError(name, "is not available without a host") }
        return try interpreter.run(code: code, name: name, arguments: arguments)
    }
}
