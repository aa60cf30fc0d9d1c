import Foundation
import LuaHost
import Testing

@Suite struct ScriptFileTests {
    /// A folder for the test's files; removed afterwards.
    private func inFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "luaflow-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "part"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        try body(folder.path)
    }

    @Test func requireFindsTheScriptsOwnFolder() throws {
        try inFolder([
            "main.lua": "local h, p = require 'helper', require 'part' return h.value + p.value",
            "helper.lua": "return {value = 40}", "part/init.lua": "return {value = 2}",
        ]) { folder in
            let values = try Host().interpreter.run(file: folder + "/main.lua")
            #expect(values.first?.asInteger == 42)
        }
    }

    @Test func argumentsArriveAsInThePlainInterpreter() throws {
        try inFolder([
            "a.lua": "#!/usr/bin/env luaflow\nassert(arg[0]:find('a.lua', 1, true)) return #arg, arg[1], arg[2], ..."
        ]) { folder in
            let values = try Host().interpreter.run(file: folder + "/a.lua", arguments: ["x", "y z"])
            #expect(values.map(\.shown) == ["2", "\"x\"", "\"y z\"", "\"x\"", "\"y z\""])
        }
    }

    @Test func errorsNameTheFile() throws {
        try inFolder(["bad.lua": "local x =\n=", "run.lua": "\nprobe.boom()"]) { folder in
            let interpreter = try Host().interpreter
            #expect { try interpreter.run(file: folder + "/bad.lua") } throws: { error in
                let error = error as? LuaError
                return error?.kind == .syntax
                    && error?.message.hasSuffix("bad.lua:2: unexpected symbol near '='") == true
            }
            #expect { try interpreter.run(file: folder + "/run.lua") } throws: { error in
                (error as? LuaError)?.message.hasSuffix("run.lua:2: probe.boom: failed with 1.0") == true
            }
            #expect { try interpreter.run(file: folder + "/none.lua") } throws: { error in
                let error = error as? LuaError
                return error?.kind == .file && error?.message.contains("none.lua") == true
            }
        }
    }
}
