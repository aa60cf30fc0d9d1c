import Foundation
import Testing

/// What shells offer after `luaflow`: by running bash, and by reading the scripts for the others.
@Suite struct ShellCompletionTests {
    /// What bash offers for the last word of a line, in a folder that has a script, a capsule and a folder.
    private func offered(_ line: String) throws -> Set<String> {
        let scratch = try Scratch()
        _ = try scratch.write("my.lua", "")
        _ = try scratch.write("my.json", "")
        try FileManager.default.createDirectory(
            at: scratch.url.appendingPathComponent("mine"), withIntermediateDirectories: true)
        let script = try scratch.write("completions", try Command.run(["completions", "bash"]).output)
        let folder = try Command.program.deletingLastPathComponent().path
        // Words are cut at blanks and colons, as readline does.
        let program = try scratch.write("complete.bash", """
            PATH="\(folder):$PATH"
            source "\(script)"
            cd "\(scratch.url.path)"
            compopt() { :; }
            COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
            COMP_LINE='\(line)' COMP_POINT=${#COMP_LINE}
            spaced="${COMP_LINE//:/ : }"
            read -ra COMP_WORDS <<< "$spaced"
            last="${COMP_LINE##*[ :]}"
            if [[ -z "$last" ]]; then COMP_WORDS+=(''); fi
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            $(complete -p luaflow | sed 's/.*-F \\([^ ]*\\).*/\\1/') luaflow "$last" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}" > "\(scratch.path("reply"))"
            """)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", program]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let reply = try String(contentsOfFile: scratch.path("reply"), encoding: .utf8)
        return Set(reply.split(separator: "\n").map(String.init))
    }

    @Test(arguments: ["run m", "watch m", "repl m", "plugins m", "check m"])
    func scriptsAreOfferedWhereOneIsExpected(line: String) throws {
        let names = try offered("luaflow \(line)")
        #expect(names.contains("my.lua") && !names.contains("my.json"), "\(line): \(names)")
    }

    @Test(arguments: ["replay m", "convert m", "convert in m", "run my.lua m", "run --capsule m"])
    func filesAreOffered(line: String) throws {
        let names = try offered("luaflow \(line)")
        #expect(names.contains("my.json"), "\(line): \(names)")
    }

    @Test(arguments: [
        "run --plugins m", "run --allow-read m", "run --allow-write m", "new script x --in m", "doc --luacats m",
    ])
    func foldersAreOffered(line: String) throws {
        let names = try offered("luaflow \(line)")
        #expect(names.contains("mine") && !names.contains("my.lua"), "\(line): \(names)")
    }

    @Test func choicesAreOffered() throws {
        #expect(try offered("luaflow new ").isSuperset(of: ["script", "plugin", "module"]))
        #expect(try offered("luaflow convert a b --dtype ").isSuperset(of: ["float16", "float32", "float64"]))
    }

    @Test func namesWithColonsAreCompleted() throws {
        #expect(try offered("luaflow doc tensor:su").isSuperset(of: ["sum"]))
        #expect(try offered("luaflow doc tensor:").count > 100)
        let first = try offered("luaflow doc ")
        #expect(first.isSuperset(of: ["tensor", "optim.schedule", "generator"]) && first.count < 40, "\(first)")
    }
}
