import Foundation
import LuaHost
import Testing

private let folder = ProcessInfo.processInfo.environment["LUAFLOW_LUA_TESTES"]

/// Lua's own test suite inside the host: set LUAFLOW_LUA_TESTES to the folder `testes` of the Lua version that is linked.
@Suite(.enabled(if: folder != nil), .serialized, .timeLimit(.minutes(5))) struct LuaSuiteTests {
    // Without main.lua, which tests the stand-alone interpreter, heavy.lua, and db.lua, which passes until it asks what
    // a finaliser is called: ours run in a coroutine and have no name.
    static let files = [
        "api", "attrib", "big", "bitwise", "bwcoercion", "calls", "closure", "code", "constructs", "coroutine", "cstack",
        "errors", "events", "files", "gc", "gengc", "goto", "literals", "locals", "math", "nextvar", "pm", "sort",
        "strings", "tpack", "utf8", "vararg", "verybig",
    ]

    @Test(arguments: files) func passes(_ file: String) throws {
        #expect(FileManager.default.changeCurrentDirectoryPath(try #require(folder)))
        let interpreter = try Interpreter()
        interpreter.timeLimit = .seconds(60)
        try interpreter.run(code: "_U = true _soft = true _port = true _nomsg = true")
        do {
            try interpreter.run(file: file + ".lua")
        } catch {
            Issue.record("\(file).lua: \(error.report)")
        }
    }
}
