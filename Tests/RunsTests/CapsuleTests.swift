import Foundation
import LuaFlow
import ProgramChecks
import Testing
import TimeLimits

@testable import Runs

/// Run capsules and `luaflow replay`.
@Suite(.ownTime(minutes: 10)) struct CapsuleTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func digestsAreNISTs(text: String, digest: String) {
        #expect(SHA256.hex(Array(text.utf8)) == digest)
        var pieces = SHA256()
        for byte in text.utf8 { pieces.update([byte]) }
        #expect(pieces.hex == digest)
    }

    @Test func aMillionLettersAreNISTs() {
        var hash = SHA256()
        // 999 * 1001 + 1 bytes in pieces that end within the digest's blocks.
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 999)
        for _ in 0..<1001 { hash.update(piece) }
        hash.update([UInt8](repeating: UInt8(ascii: "a"), count: 1))
        #expect(hash.hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// A script with every source of numbers: a required file, a data file, unseeded generators, returned values.
    private func experiment(_ scratch: Scratch) throws -> String {
        _ = try scratch.write("part.lua", "return {scale = 2}")
        _ = try scratch.write("numbers.txt", "1.5")
        return try scratch.write("main.lua", """
            local part, random, tensor, host = require "part", require "random", require "tensor", require "host"
            local options = host.arguments{{"size", 2, "how many"}, {"name", "x", ""}, {"quiet", false, ""}}
            local f <close> = io.open(arg[0]:gsub("main.lua", "numbers.txt"), "r")
            local x = random.normal({options.size}) * part.scale * f:read("n")
            print("first", ("%.17g"):format(x[{1}]))
            io.write(math.random(), "\\n")
            io.stdout:write("last\\n")
            local out <close> = io.open(arg[0]:gsub("main.lua", "out.txt"), "w")
            out:write(os.time())
            return x, {x, 1 / 3, name = options.name}
            """)
    }

    private func capsule(_ scratch: Scratch) throws -> Capsule { try Capsule(readingFrom: scratch.path("run.json")) }

    @Test func aRunIsRepeatedBitForBit() throws {
        let scratch = try Scratch()
        let script = try experiment(scratch)
        let run = try Command.run(
            ["run", "--capsule", scratch.path("run.json"), script, "--size", "3"], in: scratch.url)
        #expect(run.status == 0, "\(run.errors)")
        let recorded = try capsule(scratch)
        let names = recorded.files.map { $0.path.splitPath.name.text }
        #expect(names == ["main.lua", "numbers.txt", "part.lua"])
        #expect(recorded.files.map(\.kind) == ["lua", "data", "lua"])
        #expect(recorded.files[1].sha256 == SHA256.hex(Array("1.5".utf8)))
        #expect(
            recorded.run.arguments == ["--size", "3"]
                && recorded.run.options == ["size": "3", "name": "x", "quiet": "false"])
        #expect(
            recorded.result.outcome == .returned && recorded.result.output == run.output
                && recorded.result.valuesSHA256.count == 2)
        #expect(recorded.random.start.drawn == "0" && recorded.random.end.drawn != "0" && recorded.changes.isEmpty)
        #expect(recorded.versions == .current)

        // Another run draws other numbers; the replay draws the same ones, from any folder.
        #expect(try Command.run(["run", script, "--size", "3"]).output != run.output)
        let again = try Command.run(["replay", scratch.path("run.json")])
        #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
        #expect(
            again.errors.contains(
                "replay: the same, bit for bit: standard output (\(run.output.utf8.count) bytes), 2 returned values"))
    }

    @Test func changedAndMissingFilesAreNamed() throws {
        let scratch = try Scratch()
        let script = try experiment(scratch)
        #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), script], in: scratch.url).status == 0)
        _ = try scratch.write("part.lua", "return {scale = 3}")
        let refused = try Command.run(["replay", scratch.path("run.json")])
        #expect(refused.status == 1 && refused.output.isEmpty)
        #expect(refused.errors.contains("part.lua has changed") && refused.errors.contains("--anyway"))
        let anyway = try Command.run(["replay", "--anyway", scratch.path("run.json")])
        #expect(anyway.status == 1 && anyway.errors.contains("replay: not the same:"), "\(anyway.errors)")
        #expect(anyway.errors.contains("standard output differs from line 1 on: \"first\t"))
        #expect(
            anyway.errors.contains("returned value 1 differs") && anyway.errors.contains("returned value 2 differs"))
        #expect(!anyway.errors.contains("the random generator ended"))
        _ = try scratch.write("part.lua", "return {scale = 2}")
        #expect(try Command.run(["replay", scratch.path("run.json")]).status == 0)
        try FileManager.default.removeItem(atPath: scratch.path("numbers.txt"))
        #expect(try Command.run(["replay", scratch.path("run.json")]).errors.contains("numbers.txt is missing"))
    }

    @Test func failedRunsAreRecordedAsSuch() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", "print(require('random').uniform({1}):item())\nerror('no luck')")
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script])
        #expect(run.status == 1 && run.errors.contains("no luck"))
        let recorded = try capsule(scratch)
        #expect(recorded.result.outcome == .failed && recorded.result.status == 1)
        #expect(recorded.result.error?.hasSuffix("main.lua:2: no luck") == true)
        let again = try Command.run(["replay", scratch.path("run.json")])
        #expect(again.status == 0 && again.output == run.output && again.errors.contains("no luck"), "\(again.errors)")
        let code = try Command.run([
            "--capsule", scratch.path("run.json"), "-e", "print(random.uniform({1}):item()) os.exit(3)",
        ])
        #expect(code.status == 3)
        let repeated = try Command.run(["replay", scratch.path("run.json")])
        #expect(repeated.status == 0 && repeated.output == code.output && repeated.errors.contains("the same"))
    }

    /// A run during which a file was edited cannot be replayed, and says so.
    @Test func liveChangesAreNoReplay() throws {
        let scratch = try Scratch()
        _ = try scratch.write("live.lua", "return {f = function() return 1 end}")
        let script = try scratch.write("main.lua", """
            local host = require "host"
            local path = [[\(scratch.path("live.lua"))]]
            local live = host.live(path)
            local f = assert(io.popen("cat > " .. path, "w"))
            f:write("return {f = function() return 2 end}") f:close()
            local start = host.clock()
            while live.f() == 1 and host.clock() - start < 1000 do end
            print(live.f())
            """)
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script])
        #expect(run.status == 0 && run.output == "2\n", "\(run.errors)")
        #expect(try capsule(scratch).changes == ["host.live reloaded live.lua"])
        let refused = try Command.run(["replay", scratch.path("run.json")])
        #expect(refused.status == 1 && refused.errors.contains("recorded: host.live reloaded live.lua"))
    }

    @Test func problem3IsRepeated() throws {
        let scratch = try Scratch()
        let arguments = ["--steps", "20", "--noise", "gaussian", "--out", scratch.path("figure.png")]
        let script = Command.repository.appendingPathComponent("scripts/problem3_inpainting.lua").path
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        let names = Set(try capsule(scratch).files.map { $0.path.splitPath.name.text })
        #expect(
            names.isSuperset(of: [
                "problem3_inpainting.lua", "schedules.lua", "noises.lua", "masks.lua", "nice-mnist.safetensors",
            ]))
        let again = try Command.run(["replay", scratch.path("run.json")])
        #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
    }

    @Test func whatIsNoCapsuleIsRefused() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", "print(1)")
        #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), script]).status == 0)
        let whole = try String(contentsOfFile: scratch.path("run.json"), encoding: .utf8)
        let cases = [
            ("", "the file is empty"), ("{", "not JSON"), (String(whole.prefix(whole.count / 2)), "not JSON"),
            ("[1]", "wrong type"),
            ("{}", "format is missing"), ("{\"format\": 99}", "a capsule of format 99; this LuaFlow reads format 3"),
            ("{\"format\": 3}", "is missing"),
            (
                whole.replacing("\"arguments\" : [\n\n    ]", with: "\"arguments\" : 3"),
                "run.arguments: a value of the wrong type"
            ),
            (whole.replacing("\"drawn\" : \"0\"", with: "\"drawn\" : \"-1\""), "not whole numbers"),
            (whole.replacing("\"script\"", with: "\"skript\""), "a script or a code expected"),
            (whole.replacing("\"returned\"", with: "\"vanished\""), "result.outcome: a value that is not allowed"),
            (String(repeating: "[", count: 100_000), "not JSON"),
        ]
        for (text, message) in cases {
            let result = try Command.run(["replay", scratch.write("wrong.json", text)])
            #expect(
                result.status == 1 && result.errors.contains("wrong.json: ") && result.errors.contains(message),
                "\(message): \(result.errors)")
        }
        for path in [scratch.path("absent.json"), scratch.url.path, "/dev/zero"] {
            #expect(try Command.run(["replay", path]).errors.contains("there is no such file that can be read"))
        }
        let nowhere = try Command.run(["run", "--capsule", scratch.path("no/run.json"), script])
        #expect(nowhere.status == 1 && nowhere.output.isEmpty && nowhere.errors.contains("no file can be written in"))
    }

    /// The order in which `pairs` visits texts as keys differs between runs of Lua; a replay has the recorded run's.
    @Test func pairsGoesInTheSameOrder() throws {
        let scratch = try Scratch()
        let names = (1...40).map { "name\($0)" }.joined(separator: "=1,")
        let script = try scratch.write("main.lua", """
            local random = require "random"
            random.manual_seed(1)
            local p, seen = {\(names)=1, [true]=1, 1, 2, [0.5]=3}, {}
            for name, size in pairs(p) do
              p[name] = random.normal({1}):item()
              seen[#seen + 1] = tostring(name)
              if name == "name2" then p.name20, p.name3 = nil, nil end
            end
            assert(not table.concat(seen, " "):find("name20 ") and seen[1] == "0.5" and seen[2] == "1")
            print(table.concat(seen, " "), p.name1, p.name7, p.name30)
            return p
            """)
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script])
        #expect(run.status == 0, "\(run.errors)")
        for _ in 1...3 {
            let again = try Command.run(["replay", scratch.path("run.json")])
            #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
        }
        #expect(try capsule(scratch).sources.openOrder == false)
        // With `next`, and for objects as keys, the order is Lua's own; a difference is explained.
        for loop in ["next, t", "pairs(objects)"] {
            let open = try scratch.write("open.lua", """
                local t, objects = {a = 1, b = 2}, {[{}] = 1, [{}] = 2}
                for key in \(loop) do end
                print(os.clock(), os.getenv("LUAFLOW_PROBE"))
                """)
            let first = try Command.run(
                ["run", "--capsule", scratch.path("open.json"), open], environment: ["LUAFLOW_PROBE": "1"])
            #expect(first.status == 0, "\(first.errors)")
            let other = try Command.run(["replay", scratch.path("open.json")], environment: ["LUAFLOW_PROBE": "2"])
            #expect(other.status == 1 && other.errors.contains("goes through a table with next"), "\(other.errors)")
            #expect(
                other.errors.contains("it reads os.clock")
                    && other.errors.contains("the environment variable LUAFLOW_PROBE, whose value no capsule keeps"))
        }
    }

    @Test func nothingButACapsuleIsOverwritten() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", "print(1)")
        let text = try scratch.write("text.json", "{\"mine\": 1}")
        for path in [script, text, scratch.url.path] {
            let refused = try Command.run(["run", "--capsule", path, script])
            #expect(
                refused.status == 1 && refused.output.isEmpty && refused.errors.contains("--capsule: \(path)"),
                "\(refused.errors)")
        }
        #expect(try String(contentsOfFile: script, encoding: .utf8) == "print(1)")
        for _ in 1...2 { #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), script]).status == 0) }
        // A file that the script wrote itself is not taken for an input.
        let writer = try scratch.write("writer.lua", "local f <close> = io.open(arg[1], 'w') f:write('mine')")
        let late = try Command.run(["run", "--capsule", scratch.path("late.json"), writer, scratch.path("late.json")])
        #expect(
            late.status == 1 && late.errors.contains("the script has run; no capsule was written"), "\(late.errors)")
        #expect(try String(contentsOfFile: scratch.path("late.json"), encoding: .utf8) == "mine")
    }

    @Test func theHostsOptionsAreRecorded() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", """
            local host = require "host"
            print(host.names({}, "masks"), pcall(string.rep, "x", 5 << 20))
            """)
        try FileManager.default.createDirectory(atPath: scratch.path("parts"), withIntermediateDirectories: true)
        _ = try scratch.write("parts/mine.lua", "require('host').register{masks = {mine = function() end}}")
        let options = ["--plugins", scratch.path("parts"), "--memory", "4M", "--timeout", "50.3"]
        let run = try Command.run(options + ["--capsule", scratch.path("run.json"), "run", script])
        #expect(run.status == 0 && run.output.hasPrefix("mine\tfalse"), "\(run.output) \(run.errors)")
        let recorded = try capsule(scratch)
        #expect(
            recorded.host.memory == 4 << 20 && recorded.host.timeout == 50.3
                && recorded.host.plugins == [ByteString(scratch.path("parts"))])
        let again = try Command.run(["replay", scratch.path("run.json")])
        #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
        let other = try Command.run(["replay", "--memory", "1G", scratch.path("run.json")])
        #expect(other.status == 1, "an option of the replay's own goes first")
    }

    /// Shared and circular tables, long lists, devices: a capsule takes no more memory than the run.
    @Test(arguments: [
        "local a, b = {}, {} a.l, a.r, b.l, b.r = b, b, a, a return a",
        "local t = {} for i = 1, 600000 do t[i] = i end return t",
        "local t for i = 1, 100000 do t = {t} end return t",
        "local f <close> = io.open('/dev/urandom', 'rb') return #f:read(8)",
    ])
    func everyValueHasADigest(code: String) throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", code)
        let run = try Command.run(["--timeout", "60", "run", "--capsule", scratch.path("run.json"), script])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try capsule(scratch).result.valuesSHA256.count == 1)
        #expect(try Command.run(["replay", scratch.path("run.json")]).status == 0)
    }

    @Test func aMovedFolderIsReplayed() throws {
        let scratch = try Scratch()
        let old = scratch.url.appendingPathComponent("old"), new = scratch.url.appendingPathComponent("new")
        try FileManager.default.createDirectory(
            at: old.appendingPathComponent("runs"), withIntermediateDirectories: true)
        _ = try scratch.write("old/part.lua", "return 1")
        _ = try scratch.write("old/main.lua", "print(require 'part', require('random').normal({1}):item()) error('x')")
        for (script, folder) in [("main.lua", old), (scratch.path("old/main.lua"), scratch.url)] {
            let run = try Command.run(["run", "--capsule", scratch.path("old/runs/run.json"), script], in: folder)
            #expect(run.status == 1 && run.output.hasPrefix("1\t"), "\(run.errors)")
            try FileManager.default.moveItem(at: old, to: new)
            let again = try Command.run(["replay", new.appendingPathComponent("runs/run.json").path])
            #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
            try FileManager.default.moveItem(at: new, to: old)
        }
        // The working folder may have been removed while the script still exists.
        let away = scratch.url.appendingPathComponent("away")
        try FileManager.default.createDirectory(at: away, withIntermediateDirectories: true)
        let run = try Command.run(
            ["run", "--capsule", scratch.path("old/runs/run.json"), scratch.path("old/main.lua")], in: away)
        #expect(run.status == 1)
        try FileManager.default.removeItem(at: away)
        let gone = try Command.run(["replay", scratch.path("old/runs/run.json")])
        #expect(
            gone.status == 1 && gone.errors.contains("the folder in which the run was recorded is gone"),
            "\(gone.errors)")
    }

    @Test func causesAreNamed() throws {
        let scratch = try Scratch()
        _ = try scratch.write("data.txt", "0")
        let script = try scratch.write("main.lua", """
            local folder = [[\(scratch.url.path)/]]
            local f = io.open(folder .. "data.txt") local text = f:read("a") f:close()
            local out <close> = io.open(folder .. "data.txt", "w") out:write(text, "0")
            print(pcall(require, "nowhere"))
            """)
        #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), script]).status == 0)
        let recorded = try capsule(scratch)
        #expect(
            recorded.files.first { $0.path.hasSuffix("data.txt") }?.sha256 == SHA256.hex(Array("0".utf8)),
            "what was read first")
        _ = try scratch.write("nowhere.lua", "return 1")
        let refused = try Command.run(["replay", scratch.path("run.json")])
        #expect(
            refused.status == 1 && refused.errors.contains("data.txt has changed: the script itself writes it"),
            "\(refused.errors)")
        #expect(refused.errors.contains("nowhere.lua was sought, and is there now"), "\(refused.errors)")
        // In a long output the lines around the first difference are known.
        _ = try scratch.write("offset.txt", "0")
        let long = try scratch.write("long.lua", """
            local f <close> = io.open([[\(scratch.path("offset.txt"))]]) local offset = f:read("n")
            for i = 1, 30000 do print(i == 20000 and i + offset or i) end
            """)
        #expect(try Command.run(["run", "--capsule", scratch.path("long.json"), long]).status == 0)
        _ = try scratch.write("offset.txt", "1")
        let differs = try Command.run(["replay", "--anyway", scratch.path("long.json")])
        #expect(
            differs.errors.contains("standard output differs from somewhere in lines 19969 to 20000 on"),
            "\(differs.errors)")
    }

    /// A version that host.live refused was not used, so it is not recorded.
    @Test func refusedVersionsAreNotRecorded() throws {
        let scratch = try Scratch()
        let good = "return {f = function() return 1 end}"
        _ = try scratch.write("live.lua", good)
        let script = try scratch.write("main.lua", """
            local host = require "host"
            local path = [[\(scratch.path("live.lua"))]]
            local live = host.live(path)
            local function save(text) local f = assert(io.popen("cat > " .. path, "w")) f:write(text) f:close() end
            save("return {")
            for _ = 1, 4 do
              local start = host.clock()
              while host.clock() - start < 0.1 do end
              assert(live.f() == 1)
            end
            save([[\(good)]])
            """)
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script])
        #expect(run.status == 0 && run.errors.contains("stays in use"), "\(run.errors)")
        let recorded = try capsule(scratch)
        #expect(recorded.files.first { $0.path.hasSuffix("live.lua") }?.sha256 == SHA256.hex(Array(good.utf8)))
        #expect(recorded.changes.isEmpty)
    }

    /// The script's own error is reported first, whatever happens to the capsule.
    @Test func theScriptsErrorComesFirst() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "main.lua", "local f <close> = io.open(arg[1], 'w') f:write('mine') f:close() error('no luck')")
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script, scratch.path("run.json")])
        #expect(run.status == 1)
        let own = try #require(run.errors.range(of: "no luck")),
            late = try #require(run.errors.range(of: "no capsule was written"))
        #expect(own.lowerBound < late.lowerBound)
    }
}

extension SHA256 {
    fileprivate static func hex(_ bytes: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.hex
    }
}
