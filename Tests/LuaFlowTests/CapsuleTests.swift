import Foundation
import Testing

@testable import LuaFlow

/// Run capsules and `luaflow replay`.
@Suite struct CapsuleTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
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
        // 999 * 1001 + 1 of them, in pieces that cut blocks.
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
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), script, "--size", "3"], in: scratch.url)
        #expect(run.status == 0, "\(run.errors)")
        let recorded = try capsule(scratch)
        let names = recorded.files.map { URL(fileURLWithPath: $0.path).lastPathComponent }
        #expect(names == ["main.lua", "numbers.txt", "part.lua"])
        #expect(recorded.files.map(\.kind) == ["lua", "data", "lua"])
        #expect(recorded.files[1].sha256 == SHA256.hex(Array("1.5".utf8)))
        #expect(recorded.run.arguments == ["--size", "3"] && recorded.run.options == ["size": "3", "name": "x", "quiet": "false"])
        #expect(recorded.result.outcome == .returned && recorded.result.output == run.output && recorded.result.valuesSHA256.count == 2)
        #expect(recorded.random.start.drawn == "0" && recorded.random.end.drawn != "0" && recorded.changes.isEmpty)
        #expect(recorded.versions == .current)

        // Another run draws other numbers; the replay draws the same, from any folder.
        #expect(try Command.run(["run", script, "--size", "3"]).output != run.output)
        let again = try Command.run(["replay", scratch.path("run.json")])
        #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
        #expect(again.errors.contains("replay: the same, bit for bit: standard output (\(run.output.utf8.count) bytes), 2 returned values"))
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
        #expect(anyway.errors.contains("returned value 1 differs") && anyway.errors.contains("returned value 2 differs"))
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
        let code = try Command.run(["--capsule", scratch.path("run.json"), "-e", "print(random.uniform({1}):item()) os.exit(3)"])
        #expect(code.status == 3)
        let repeated = try Command.run(["replay", scratch.path("run.json")])
        #expect(repeated.status == 0 && repeated.output == code.output && repeated.errors.contains("the same"))
    }

    /// A run that was edited while it ran says so.
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
            while live.f() == 1 and host.clock() - start < 60 do end
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
        let run = try Command.run(["run", "--capsule", scratch.path("run.json"), InpaintingTests.script] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        let names = Set(try capsule(scratch).files.map { URL(fileURLWithPath: $0.path).lastPathComponent })
        #expect(names.isSuperset(of: ["problem3_inpainting.lua", "schedules.lua", "noises.lua", "masks.lua", "nice-mnist.safetensors"]))
        let again = try Command.run(["replay", scratch.path("run.json")])
        #expect(again.status == 0 && again.output == run.output, "\(again.errors)")
    }

    @Test func whatIsNoCapsuleIsRefused() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", "print(1)")
        #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), script]).status == 0)
        let whole = try String(contentsOfFile: scratch.path("run.json"), encoding: .utf8)
        let cases = [
            ("", "the file is empty"), ("{", "not JSON"), (String(whole.prefix(whole.count / 2)), "not JSON"), ("[1]", "wrong type"),
            ("{}", "format is missing"), ("{\"format\": 99}", "a capsule of format 99; this LuaFlow reads format 1"),
            ("{\"format\": 1}", "is missing"), (whole.replacing("\"arguments\" : [\n\n    ]", with: "\"arguments\" : 3"), "run.arguments: a value of the wrong type"),
            (whole.replacing("\"drawn\" : \"0\"", with: "\"drawn\" : \"-1\""), "not whole numbers"),
            (whole.replacing("\"script\"", with: "\"skript\""), "a script or a code expected"),
            (whole.replacing("\"returned\"", with: "\"vanished\""), "result.outcome: a value that is not allowed"),
            (String(repeating: "[", count: 100_000), "not JSON"),
        ]
        for (text, message) in cases {
            let result = try Command.run(["replay", scratch.write("wrong.json", text)])
            #expect(result.status == 1 && result.errors.contains("wrong.json: ") && result.errors.contains(message), "\(message): \(result.errors)")
        }
        for path in [scratch.path("absent.json"), scratch.url.path, "/dev/zero"] {
            #expect(try Command.run(["replay", path]).errors.contains("there is no such file that can be read"))
        }
        let nowhere = try Command.run(["run", "--capsule", scratch.path("no/run.json"), script])
        #expect(nowhere.status == 1 && nowhere.output.isEmpty && nowhere.errors.contains("no file can be written in"))
    }
}
