import Foundation
import Testing

/// The README's first ten minutes, executed as they stand there: files are written, commands run, and what stands after
/// a # is printed.
@Suite struct ReadmeTests {
    /// A fenced block of the README, with its language.
    struct Block {
        let language: String
        let lines: [String]
    }

    /// The blocks of a section, in order.
    private static func blocks(of section: String) throws -> [Block] {
        let text = try String(contentsOf: Command.repository.appendingPathComponent("README.md"), encoding: .utf8)
        let lines = text.components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: "## \(section)"), "the README has no section \(section)")
        let end = lines[(start + 1)...].firstIndex { $0.hasPrefix("## ") } ?? lines.endIndex
        return blocks(in: lines[start..<end])
    }

    /// The blocks in lines of Markdown, in order.
    static func blocks(in lines: ArraySlice<String>) -> [Block] {
        var blocks: [Block] = []
        var open: (language: String, lines: [String])?
        for line in lines {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(Block(language: block.language, lines: block.lines))
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), [])
                }
            } else {
                open?.lines.append(line)
            }
        }
        #expect(open == nil, "a block is not closed")
        return blocks
    }

    /// A temporary folder with everything that the commands need.
    static func copy() throws -> Scratch {
        let scratch = try Scratch()
        let files = FileManager.default
        try files.copyItem(
            at: Command.repository.appendingPathComponent("scripts"), to: scratch.url.appendingPathComponent("scripts"))
        try files.createSymbolicLink(
            at: scratch.url.appendingPathComponent("models"),
            withDestinationURL: Command.repository.appendingPathComponent("models"))
        return scratch
    }

    @Test func theFirstTenMinutesWork() throws {
        let scratch = try Self.copy()
        var commands = 0
        for block in try Self.blocks(of: "Your first ten minutes") {
            switch block.language {
            case "sh":
                for line in block.lines where !line.isEmpty {
                    try Self.run(line, in: scratch)
                    commands += 1
                }
            case "lua": try Self.save(block.lines, in: scratch)
            default: try Self.type(block.lines, in: scratch)
            }
        }
        #expect(commands >= 7, "the section has lost commands")
    }

    /// Writes the lines to the file that the first of them names; if it exists, inserts them above its last line.
    static func save(_ lines: [String], in scratch: Scratch) throws {
        let name = try #require(lines.first?.split(separator: " ").last.map(String.init))
        try #require(lines[0].hasPrefix("-- ") && name.hasSuffix(".lua"), "the block names no file: \(lines[0])")
        let file = scratch.url.appendingPathComponent(name)
        guard let present = try? String(contentsOf: file, encoding: .utf8) else {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
            return
        }
        var old = present.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let last = try #require(old.lastIndex { $0.hasPrefix("return ") }, "\(name) has no last line to stand above")
        old.insert(contentsOf: lines.dropFirst() + [""], at: last)
        try old.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    }

    /// Runs a line in a shell whose PATH contains the built program.
    /// - Parameter isQuiet: whether nothing may come on standard error; else what is seen may stand there, too.
    static func run(_ line: String, in scratch: Scratch, isQuiet: Bool = true) throws {
        let parts = line.components(separatedBy: "     # ")
        var command = parts[0]
        // The test sets the path itself, and does not build again. The remaining lines of the block are run.
        if command.hasPrefix("export PATH=") { return }
        if command == "make demo" {
            let rule = try Command.run("make", ["-n", "demo"])
            let program = ".build/release/luaflow run"
            let run = try #require(rule.output.split(separator: "\n").first { $0.hasPrefix(program) }, "\(rule.output)")
            command = "luaflow run" + run.dropFirst(program.count)
            try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
        }
        let folder = try Command.program.deletingLastPathComponent().path
        let result = try Command.run(
            "/bin/sh", ["-c", "PATH='\(folder)':\"$PATH\"; " + command], in: scratch.url,
            environment: ["XDG_CONFIG_HOME": "/nonexistent", "LUAFLOW_PLUGINS": ""])
        #expect(result.status == 0 && (result.errors.isEmpty || !isQuiet), "\(line): \(result.errors)")
        let shown = isQuiet ? result.output : result.output + result.errors
        for seen in parts.dropFirst() {
            #expect(shown.contains(seen), "\(line): \(shown)")
        }
        if line == "make demo" { #expect(FileManager.default.fileExists(atPath: scratch.path("out/inpainting.png"))) }
    }

    /// Runs what is typed at the prompt as one script, and compares the last value. (How the prompt shows it is tested
    /// by ReplTests.)
    static func type(_ lines: [String], in scratch: Scratch) throws {
        let inputs = lines.filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }
        let shown = try #require(lines.last?.split(separator: " ").first.map(String.init))
        let last = try #require(inputs.last, "no input in \(lines)")
        let code = (inputs.dropLast() + ["print(\(last))"]).joined(separator: "\n")
        let result = try Command.run(["-e", code], in: scratch.url)
        #expect(result.status == 0 && result.output.hasPrefix(shown), "\(code): \(result.output)\(result.errors)")
    }

    /// The other pieces of Lua in the README are complete scripts.
    @Test func theTenLinesRun() throws {
        let scratch = try Self.copy()
        let lines = try #require(Self.blocks(of: "Ten lines").first { $0.language == "lua" }?.lines)
        let script = try scratch.write("ten.lua", lines.joined(separator: "\n"))
        let result = try Command.run(["run", script], in: scratch.url)
        let numbers = result.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(result.status == 0 && numbers.count == 3, "\(result.output)\(result.errors)")
        #expect(numbers[1] < numbers[0] && numbers[1] < numbers[2])
    }
}
