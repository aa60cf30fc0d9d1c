import Foundation
import LuaFlow
import Testing

/// Which files a sandboxed script can have opened, by any function that opens files.
@Suite(.ownTime(minutes: 10)) struct SandboxFileTests {
    /// A folder `in` that is allowed beside a folder `secret`, with links between them.
    private struct Place {
        let scratch: Scratch
        var root: String { scratch.url.path }

        init() throws {
            scratch = try Scratch()
            let files = FileManager.default
            for folder in ["in", "secret", "out", "in/deep"] {
                try files.createDirectory(atPath: scratch.path(folder), withIntermediateDirectories: true)
            }
            let writer = try LuaFlow.Host()
            for name in ["in/x.npy", "in/deep/x.npy", "secret/x.npy"] {
                try writer.run(
                    code: "require 'checkpoint'.save([[\(scratch.path(name))]], {x = require 'tensor'.ones(2)})")
            }
            _ = try scratch.write("in/code.lua", "return 'inside'")
            _ = try scratch.write("secret/code.lua", "return 'outside'")
            try files.createSymbolicLink(
                atPath: scratch.path("in/file-link.npy"), withDestinationPath: scratch.path("secret/x.npy"))
            try files.createSymbolicLink(
                atPath: scratch.path("in/folder-link"), withDestinationPath: scratch.path("secret"))
            try files.createSymbolicLink(
                atPath: scratch.path("in/good-link.npy"), withDestinationPath: scratch.path("in/x.npy"))
            try files.createSymbolicLink(
                atPath: scratch.path("in/code-link.lua"), withDestinationPath: scratch.path("secret/code.lua"))
            try files.createSymbolicLink(
                atPath: scratch.path("out/dangling.npy"), withDestinationPath: scratch.path("secret/new.npy"))
            #expect(mkfifo(scratch.path("in/pipe.npy"), 0o600) == 0 && mkfifo(scratch.path("in/pipe.lua"), 0o600) == 0)
        }

        func host() throws -> LuaFlow.Host {
            try SandboxTests.host {
                try $0.files.allow(.read, folder: scratch.path("in"), option: "--allow-read")
                try $0.files.allow(.write, folder: scratch.path("out"), option: "--allow-write")
            }
        }
    }

    /// All ways to name a file outside the allowed folders.
    @Test(arguments: [
        "ROOT/secret/x.npy", "ROOT/in/../secret/x.npy", "ROOT/in/deep/../../secret/x.npy", "ROOT/in/file-link.npy",
        "ROOT/in/folder-link/x.npy", "ROOT/in/./folder-link/x.npy", "ROOT/in/folder-link/../secret/x.npy",
        "ROOT/inside.npy",
        "/etc/passwd", "/proc/self/environ", "/proc/self/mem", "/proc/self/fd/0", "/dev/zero", "/dev/stdin",
        "ROOT/in\\0/x", "",
        ".", "..", "ROOT", "ROOT/secret/missing.npy", "~/.ssh/id_rsa",
    ])
    func namesOutsideAreRefused(_ name: String) throws {
        let place = try Place()
        let path = name.replacingOccurrences(of: "ROOT", with: place.root)
        try place.host().run(
            code: """
                for name, open in pairs{checkpoint = checkpoint.load, image = image.load, idx = data.idx, flow = flow.load} do
                  local ok, message = pcall(open, "\(path)")
                  assert(not ok and (message:find("may not be read") or message:find("file name") or message:find("zero byte")), name .. ": " .. message)
                end
                assert(not pcall(dofile, "\(path)") and not loadfile("\(path)"))
                """)
    }

    @Test func namesInsideAreRead() throws {
        let place = try Place()
        try place.host().run(
            code: """
                for _, name in ipairs{"in/x.npy", "in/deep/x.npy", "in/deep/../x.npy", "in/good-link.npy", "in/./x.npy"} do
                  checkpoint.load("\(place.root)/" .. name)
                end
                local ok, message = pcall(checkpoint.load, "\(place.root)/in/none.npy")
                assert(not ok and message:find("No such file"), message)
                assert(dofile("\(place.root)/in/code.lua") == "inside" and loadfile("\(place.root)/in/code.lua")() == "inside")
                """)
    }

    /// Pipes and devices are never waited for, even in an allowed folder; a file that is too large is an error.
    @Test func pipesAreNotWaitedFor() throws {
        let place = try Place()
        let handle = FileManager.default.createFile(
            atPath: place.scratch.path("in/huge.npy"), contents: Data("\u{93}NUMPY".utf8))
        #expect(handle && truncate(place.scratch.path("in/huge.npy"), 1 << 40) == 0)
        try place.host().run(
            code: """
                local ok, message = pcall(checkpoint.load, "\(place.root)/in/pipe.npy")
                assert(not ok and message:find("not a regular file"), message)
                assert(not loadfile("\(place.root)/in/pipe.lua") and not pcall(dofile, "\(place.root)/in/pipe.lua"))
                assert(not pcall(checkpoint.load, "\(place.root)/in/huge.npy") and not pcall(image.load, "\(place.root)/in/huge.npy"))
                assert(not pcall(data.idx, "\(place.root)/in/huge.npy") and not loadfile("\(place.root)/in/huge.npy"))
                """)
    }

    @Test func writingNeedsAnOpenFolder() throws {
        let place = try Place()
        try place.host().run(
            code: """
                local x = {x = tensor.ones(2)}
                checkpoint.save("\(place.root)/out/a.npy", x)
                checkpoint.load("\(place.root)/out/a.npy")
                image.save("\(place.root)/out/a.png", tensor.zeros(4, 4))
                plot.line{{1, 2, 3}}:save("\(place.root)/out/a.svg")
                for _, name in ipairs{"in/a", "secret/a", "a", "out/../a", "out/../in/x", "out/dangling", "in/folder-link/a"} do
                  local path = "\(place.root)/" .. name
                  for what, save in pairs{
                    checkpoint = function() checkpoint.save(path .. ".npy", x) end,
                    archive = function() checkpoint.save(path .. ".npz", x) end,
                    tensors = function() checkpoint.save(path .. ".safetensors", x) end,
                    image = function() image.save(path .. ".png", tensor.zeros(4, 4)) end,
                    plot = function() plot.line{{1, 2, 3}}:save(path .. ".svg") end,
                    flow = function() flow.NICE{dim = 4, hidden = 2}:save(path .. ".safetensors") end,
                  } do
                    local ok, message = pcall(save)
                    -- The link is called dangling.npy; the other names are new files in an open folder.
                    local refused = name ~= "out/dangling" or what == "checkpoint"
                    local right = refused and not ok and message:find("may not be written") or not refused and ok
                    assert(right, what .. " " .. path .. ": " .. tostring(message))
                  end
                end
                """)
        let files = FileManager.default
        #expect(try files.contentsOfDirectory(atPath: place.scratch.path("secret")).sorted() == ["code.lua", "x.npy"])
        #expect(
            !files.fileExists(atPath: place.scratch.path("in/a.npy"))
                && files.fileExists(atPath: place.scratch.path("out/a.svg")))
    }

    /// From its own folder a script may load Lua files, and nothing else there is readable.
    @Test func aScriptRequiresWhatLiesBesideIt() throws {
        let place = try Place()
        _ = try place.scratch.write("in/bad.lua", "x = = 1")
        _ = try place.scratch.write("in/first.lua", "#!/usr/bin/env luaflow\nreturn select('#', ...)")
        let script = try place.scratch.write("in/main.lua", """
            assert(require "code" == "inside" and package.loaded.code == "inside")
            package.loaded.code = nil
            assert(require "code" == "inside")
            assert(require "first" == 2)
            local ok, message = pcall(require, "bad")
            assert(not ok and message:find("error loading module 'bad'") and message:find("bad.lua:1:"), message)
            for _, name in ipairs{"folder-link.code", "code-link", "..secret.code", "../secret/code", "pipe", "none", "x.npy"} do
              assert(not pcall(require, name), name)
            end
            package.path = "\(place.root)/secret/?.lua;" .. package.path
            package.loaded.code = nil
            assert(require "code" == "inside")
            local ok, message = pcall(require("checkpoint").load, "\(place.root)/in/x.npy")
            assert(not ok and message:find("may not be read"), message)
            assert(not loadfile("\(place.root)/in/x.npy"))
            return "done"
            """)
        let values = try SandboxTests.host().run(file: script)
        #expect(values.first?.shown == "\"done\"")
    }

    /// A folder or link named `models` beside somebody else's script does not count as LuaFlow's.
    @Test func modelsBesideTheScriptAreNotOurs() throws {
        let scratch = try Scratch()
        try FileManager.default.createSymbolicLink(atPath: scratch.path("models"), withDestinationPath: "/etc")
        let script = try scratch.write("main.lua", """
            local host, data = require "host", require "data"
            assert(not pcall(host.resource, "passwd") and not pcall(host.resource, "../main.lua"))
            assert(not pcall(data.idx, "\(scratch.path("models/passwd"))"))
            return host.resource("digits.idx.gz")
            """)
        #expect(try SandboxTests.host().run(file: script).first?.shown.contains("digits.idx.gz") == true)
    }

    @Test func foldersMustExist() throws {
        var files = FileAccess()
        let scratch = try Scratch()
        let file = try scratch.write("file", "")
        for (path, words) in [(scratch.path("none"), "No such file"), (file, "is not a folder"), ("a\0b", "Invalid")] {
            let error = #expect(throws: ScriptError.self) {
                try files.allow(.read, folder: path, option: "--allow-read")
            }
            #expect(error?.message.contains(words) == true && error?.operation == "--allow-read")
        }
        #expect(!files.allows(.read, file))
    }
}

/// The sum of all bytes that a sandboxed script writes is bounded, not only each file.
@Suite(.ownTime(minutes: 10)) struct SandboxWritingTests {
    @Test func filesTogetherAreBounded() throws {
        let scratch = try Scratch()
        // Each file counts as at least one page, so that many small files are bounded as well; a file that is written
        // again counts once.
        let script = """
            local ok, message
            local x = tensor.zeros(8000000)
            for i = 1, 100 do
              ok, message = pcall(checkpoint.save, "same.npy", {array = x})
              assert(ok, message)
              if i == 3 then break end
            end
            for i = 1, 100 do
              ok, message = pcall(checkpoint.save, "file" .. i .. ".npy", {array = x})
              if not ok then print(i < 40, message) break end
            end
            assert(not ok)
            """
        let result = try Command.run(
            ["--sandbox", "--allow-write", scratch.url.path, "--timeout", "5m", "-e", script], in: scratch.url)
        #expect(
            result.output.hasPrefix("true\t") && result.output.contains("files may hold 1024 MB together"),
            "\(result.output) \(result.errors)")
    }
}
