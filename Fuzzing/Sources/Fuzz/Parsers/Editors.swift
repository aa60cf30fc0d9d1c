@testable import Editors
import LuaFlow
import Scripting

extension Parser {
    /// What `luaflow check` says of a text; and that our parser accepts what Lua does.
    static let check = Parser(name: "check", seeds: [".lua"]) { input in
        guard let checker else { fatalError("no index") }
        _ = checker.check(input.array)
        let text = String(decoding: input.bytes, as: UTF8.self)
        guard LuaSyntax.error(in: Array(text.utf8)) == nil else { return }
        do { _ = try Editors.Parser.parse(text) } catch {
            fatalError("Lua takes \(text.debugDescription), our parser stops at byte \(error.offset)")
        }
    }

    /// libFuzzer calls from one thread.
    nonisolated(unsafe) private static let checker = try? Checker(ScriptIndex(LuaFlow.Host.builtInModules))
}
