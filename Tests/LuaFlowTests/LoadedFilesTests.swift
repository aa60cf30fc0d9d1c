import Foundation
import LuaFlow
import Testing

private typealias Host = LuaFlow.Host

/// The record of the files that a run read.
@Suite struct LoadedFilesTests {
    private func files(_ host: Host) -> [LoadedFiles.File] { host.context.service(LoadedFiles.self).all }

    private func names(_ host: Host, _ kind: LoadedFiles.Kind) -> [String] {
        files(host).filter { $0.kind == kind }.map { $0.path.splitPath.name.text }
    }

    @Test func everyWayToLoadLuaIsNoted() throws {
        let scratch = try Scratch()
        for name in ["one", "two", "three", "four"] { _ = try scratch.write("\(name).lua", "return '\(name)'") }
        let script = try scratch.write("main.lua", """
            local folder = ...
            local value, place = require "one"
            assert(value == "one" and place:match("one.lua$"))
            assert(dofile(folder .. "/two.lua") == "two")
            assert(assert(loadfile(folder .. "/three.lua"))() == "three")
            local co = coroutine.wrap(function() return dofile(folder .. "/four.lua") end)
            assert(co() == "four")
            """)
        let host = try Host()
        try host.run(file: script, arguments: [scratch.url.path])
        #expect(names(host, .lua) == ["main.lua", "one.lua", "two.lua", "three.lua", "four.lua"])
        #expect(files(host).allSatisfy { $0.path.hasPrefix("/") && $0.stamp == FileStamp($0.path) })
    }

    @Test func brokenAndMissingFilesAreNotedToo() throws {
        let scratch = try Scratch()
        _ = try scratch.write("broken.lua", "local x = = 1")
        let script = try scratch.write("main.lua", """
            local ok, message = pcall(require, "broken")
            assert(not ok and message:find("error loading module 'broken' from file", 1, true), message)
            assert(message:find("broken.lua:1:", 1, true))
            ok, message = pcall(require, "parts.nowhere")
            assert(not ok and message:find("module 'parts.nowhere' not found", 1, true), message)
            assert(message:find("parts/nowhere.lua", 1, true), message)
            assert(not pcall(dofile, "absent.lua") and not loadfile("absent.lua") and not io.open("absent.txt"))
            package.path = nil
            ok, message = pcall(require, "x")
            assert(not ok and message:find("'package.path' must be a string", 1, true), message)
            """)
        let host = try Host()
        try host.run(file: script)
        #expect(names(host, .lua) == ["main.lua", "broken.lua", "absent.lua"])
        #expect(
            files(host).contains { $0.kind == .missing && $0.path == ByteString(scratch.path("parts/nowhere.lua")) })
        #expect(files(host).first { $0.path.hasSuffix("absent.lua") }?.stamp == nil)
    }

    @Test func dataIsNotedUnlessTheScriptWroteIt() throws {
        let scratch = try Scratch()
        _ = try scratch.write("numbers.txt", "1 2")
        _ = try scratch.write("both.txt", "old")
        let script = try scratch.write("main.lua", """
            local checkpoint, data, image, tensor = require "checkpoint", require "data", require "image", require "tensor"
            local folder = ...
            assert(io.open(folder .. "/numbers.txt")):close()
            for line in io.lines(folder .. "/numbers.txt") do assert(line == "1 2") end
            data.digits()
            checkpoint.save(folder .. "/mine.safetensors", {x = tensor.ones(2)})
            checkpoint.load(folder .. "/mine.safetensors")
            image.save(folder .. "/mine.png", tensor.ones(2, 2))
            image.load(folder .. "/mine.png")
            local f <close> = assert(io.open(folder .. "/log.txt", "w"))
            local g <close> = assert(io.open(folder .. "/both.txt", "r+"))
            """)
        let host = try Host()
        try host.run(file: script, arguments: [scratch.url.path])
        let data = names(host, .data)
        #expect(data.contains("numbers.txt") && data.contains("both.txt"), "\(data)")
        #expect(data.contains { $0.hasPrefix("digits") }, "\(data)")
        #expect(!data.contains("mine.safetensors") && !data.contains("mine.png"))
        #expect(Set(names(host, .written)).isSuperset(of: ["mine.safetensors", "mine.png", "log.txt"]))
        #expect(files(host).first { $0.path.hasSuffix("both.txt") }?.isWritten == true)
    }

    @Test func theLatestReadingCounts() throws {
        let scratch = try Scratch()
        let path = try scratch.write("part.lua", "return 1")
        let record = LoadedFiles()
        record.fingerprint = { try? String(contentsOfFile: $0.text, encoding: .utf8) }
        record.note(path, .lua)
        #expect(record.all.map(\.fingerprint) == ["return 1"])
        _ = try scratch.write("part.lua", "return 2")
        #expect(record.all[0].stamp != FileStamp(path) && record.all[0].fingerprint == "return 1")
        record.note(path, .data)
        #expect(record.all.count == 1 && record.all[0].stamp == FileStamp(path))
        #expect(record.all[0].kind == .lua && record.all[0].fingerprint == "return 2")
    }
}
