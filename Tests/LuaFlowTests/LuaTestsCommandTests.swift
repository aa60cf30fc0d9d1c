import Foundation
import Testing

/// `make lua-tests`, with a folder of small files in the place of Lua's official tests.
@Suite(.ownTime(minutes: 10)) struct LuaTestsCommandTests {
    private func run(_ folder: String, limit: Int = 60) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [Command.repository.appendingPathComponent("scripts/lua_tests.sh").path, folder]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["LUAFLOW": try Command.program.path, "LIMIT": String(limit)]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test func eachFileHasItsLine() throws {
        let scratch = try Scratch()
        _ = try scratch.write("all.lua", "error 'never run'")
        _ = try scratch.write(
            "good.lua", "assert(_soft and _port and _nomsg and arg == nil and not package.loaded.tensor)\nx = 1")
        _ = try scratch.write("other.lua", "assert(x == nil)")
        let good = try run(scratch.url.path)
        #expect(good.status == 0)
        #expect(good.output == """
            all.lua          skipped: it runs the others
            good.lua         pass
            other.lua        pass
            2 passed, 0 failed, 0 failed for a known reason, 1 skipped

            """)
        _ = try scratch.write("bad.lua", "local x\nassert(x == 1, 'x is not 1')")
        _ = try scratch.write("endless.lua", "while true do end")
        _ = try scratch.write("leaves.lua", "os.exit(3)")
        let bad = try run(scratch.url.path, limit: 20)
        #expect(bad.status == 1)
        #expect(bad.output.contains("bad.lua          FAIL (exit status 1) ") && bad.output.contains("x is not 1\n"))
        #expect(bad.output.contains("endless.lua      FAIL (exit status 130) endless.lua:1: interrupted\n"))
        #expect(bad.output.contains("leaves.lua       FAIL (exit status 3)"))
        #expect(bad.output.hasSuffix("2 passed, 3 failed, 0 failed for a known reason, 1 skipped\n"))
    }

    @Test func anotherFolderIsRefused() throws {
        #expect(try run("/no/such/folder").status == 2)
    }
}
