@testable import Editors
import LuaFlow
import Scripting

extension Parser {
    /// What `luaflow check` says of a text; and that our parser and Lua's accept the same.
    static let check = Parser(name: "check", seeds: [".lua"]) { input in
        guard let interpreter, let checker else { fatalError("no interpreter") }
        _ = checker.check(input.array)
        let text = String(decoding: input.bytes, as: UTF8.self)
        let lua = verdict { try interpreter.check(code: text, name: "=C") }
        let ours = verdict { _ = try Editors.Parser.parse(text) }
        // How deep is too deep depends on what is below the compiler on the stack.
        if lua?.contains("overflow") == true || ours?.contains("overflow") == true { return }
        guard (lua == nil) == (ours == nil) else {
            fatalError("Lua says \(lua ?? "nothing"), our parser \(ours ?? "nothing") of \(text.debugDescription)")
        }
    }

    private static func verdict(_ parse: () throws -> Void) -> String? {
        do { try parse() } catch { return "\(error)" }
        return nil
    }

    /// libFuzzer calls from one thread.
    nonisolated(unsafe) private static let checker = try? Checker(ScriptIndex(LuaFlow.Host.builtInModules))
}
