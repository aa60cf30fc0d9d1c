import Foundation
import Testing

/// A terminal of 80 columns and 24 lines (by tmux), with a home folder of its own.
final class Pane {
    /// Without tmux these tests are skipped, unless `LUAFLOW_NEED_TMUX` is set: then they fail.
    static let isPossible = ProcessInfo.processInfo.environment["LUAFLOW_NEED_TMUX"] != nil || tmuxPath != nil

    private static let tmuxPath: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { $0 + "/tmux" }.first { FileManager.default.isExecutableFile(atPath: String($0)) }.map(String.init)

    let home: Home
    private let socket = "luaflow-tests-\(UUID().uuidString.prefix(8))"

    /// - Parameter command: a command for the shell, in which `luaflow` is the built program. Its exit status n is
    ///   shown as `LEFT n`.
    init(_ command: String = "luaflow", home: Home? = nil, environment: [String: String] = [:]) throws {
        guard Pane.tmuxPath != nil else { throw Missing() }
        self.home = try home ?? Home()
        let program = try Program.url.path
        let variables = self.home.environment.merging(environment) { $1 }
        let assignments = variables.map { "\($0)='\($1)'" }.joined(separator: " ")
        // Ctrl-C reaches this shell as well, which must ignore it and wait for luaflow.
        let script =
            """
            trap : INT; luaflow() { '\(program)' \"$@\"; }; export \(assignments); cd \"$HOME\"; \(command); \
            echo LEFT $?; sleep 1000
            """
        try tmux(["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", script])
    }

    deinit { _ = try? tmux(["kill-server"]) }

    /// Types text without interpreting key names.
    func type(_ text: String) throws { try tmux(["send-keys", "-l", "--", text]) }
    /// Presses keys by tmux's names: Enter, Up, C-c.
    func press(_ keys: String...) throws { try tmux(["send-keys"] + keys) }
    func enter(_ line: String) throws {
        try type(line)
        try press("Enter")
    }
    func resize(columns: Int, rows: Int) throws {
        try tmux(["resize-window", "-x", String(columns), "-y", String(rows)])
    }

    /// Pastes with the marks that terminals put around pasted text.
    func paste(_ text: String) throws {
        try tmux(["set-buffer", "--", text])
        try tmux(["paste-buffer", "-p", "-r"])
    }

    /// The text on the screen without trailing blanks; with escape sequences if asked for.
    func screen(escapes: Bool = false) throws -> String {
        try tmux(["capture-pane", "-p"] + (escapes ? ["-e"] : []))
    }

    /// Waits until the screen has a text; on a busy machine that may take long.
    @discardableResult
    func see(_ text: String, escapes: Bool = false, _ location: SourceLocation = #_sourceLocation) throws -> String {
        try see("\(text.debugDescription)", escapes: escapes, location) { $0.contains(text) }
    }

    @discardableResult
    func see(
        _ what: String, escapes: Bool = false, _ location: SourceLocation = #_sourceLocation,
        where holds: (String) -> Bool
    ) throws -> String {
        var last = ""
        for _ in 0..<3000 {
            last = try screen(escapes: escapes)
            if holds(last) { return last }
            usleep(100_000)
        }
        Issue.record("the terminal never showed \(what); it shows:\n\(last)", sourceLocation: location)
        throw Missing()
    }

    struct Missing: Error {}

    /// Waits for the prompt alone on the last line.
    @discardableResult
    func prompt(_ location: SourceLocation = #_sourceLocation) throws -> String {
        try see("a prompt", location) { $0.split(separator: "\n").last.map { $0 == ">" || $0 == "> " } ?? false }
    }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        // Foundation's Process would wait until every process that inherited its socket has ended, and tmux's server
        // keeps running.
        func quoted(_ word: String) -> String { "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'" }
        let words = [Pane.tmuxPath ?? "tmux", "-L", socket, "-u"] + arguments
        let answers = arguments.first == "capture-pane"
        let command =
            "unset TMUX; TERM=xterm-256color SHELL=/bin/sh " + words.map(quoted).joined(separator: " ")
            + (answers ? " 2>/dev/null" : " >/dev/null 2>&1 </dev/null")
        guard let pipe = popen(command, "r") else { throw Missing() }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A home folder that is removed when the object is released.
final class Home {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("luaflow-home-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var environment: [String: String] {
        [
            "HOME": url.path, "XDG_STATE_HOME": path("state"), "XDG_CONFIG_HOME": path("config"), "LANG": "C.UTF-8",
            "LUAFLOW_HOME": Program.repository.path, "COLORTERM": "", "NO_COLOR": "",
        ]
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
}

/// The built command.
enum Program {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The path of the program, which lies in the folder that the tests were built into.
    static var url: URL {
        get throws {
            var folder = Bundle.main.bundleURL
            if let bundle = Bundle.allBundles.first(where: { $0.bundlePath.hasSuffix(".xctest") }) {
                folder = bundle.bundleURL.deletingLastPathComponent()
            }
            let program = folder.appendingPathComponent("luaflow")
            guard FileManager.default.isExecutableFile(atPath: program.path) else {
                throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: program.path])
            }
            return program
        }
    }

    /// Runs the program without a terminal, with the given input.
    static func run(_ arguments: [String], input: String, home: Home) throws -> (
        status: Int32, output: String, errors: String
    ) {
        try run(url, arguments, input: input, home: home)
    }

    /// Runs a shell command in which `luaflow` is the built program.
    static func shell(_ line: String, home: Home) throws -> (status: Int32, output: String, errors: String) {
        let line = "luaflow() { '\(try url.path)' \"$@\"; }; \(line)"
        return try run(URL(fileURLWithPath: "/bin/sh"), ["-c", line], input: "", home: home)
    }

    private static func run(_ program: URL, _ arguments: [String], input: String, home: Home) throws -> (
        status: Int32, output: String, errors: String
    ) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = home.url
        process.environment = ProcessInfo.processInfo.environment.merging(home.environment) { $1 }
        for name in ["in", "out", "err"] { try home.write(name, name == "in" ? input : "") }
        process.standardInput = FileHandle(forReadingAtPath: home.path("in"))
        process.standardOutput = FileHandle(forWritingAtPath: home.path("out"))
        process.standardError = FileHandle(forWritingAtPath: home.path("err"))
        try process.run()
        process.waitUntilExit()
        let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return (status, try home.read("out"), try home.read("err"))
    }
}
