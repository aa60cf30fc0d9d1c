import Foundation

/// Runs the built program `luaflow` as a user would, and keeps its output and exit status.
package struct Command {
    package struct Result {
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// The path of the program, which lies in the folder that the tests were built into.
    package static var program: URL {
        get throws {
            var folder = Bundle.main.bundleURL
            // Under XCTest's runner the main bundle is the runner itself, so the folder of the test bundle is taken.
            if let bundle = Bundle.allBundles.first(where: { $0.bundlePath.hasSuffix(".xctest") }) {
                folder = bundle.bundleURL.deletingLastPathComponent()
            }
            let program = folder.appendingPathComponent("luaflow")
            if FileManager.default.isExecutableFile(atPath: program.path) { return program }
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: folder.path])
        }
    }

    /// The repository's folder, in which scripts and models lie.
    package static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    package static func run(_ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]) throws
        -> Result
    {
        // The user's own plugins must not change what a test sees.
        let plain = ["XDG_CONFIG_HOME": "/nonexistent", "LUAFLOW_PLUGINS": ""]
        return try run(program.path, arguments, in: folder, environment: plain.merging(environment) { $1 })
    }

    /// Runs a program and waits for it. A name without a slash is looked up in PATH, as a shell does.
    package static func run(
        _ program: String, _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
        process.arguments = program.contains("/") ? arguments : [program] + arguments
        process.currentDirectoryURL = folder ?? repository
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let scratch = try Scratch()
        // The output goes to files, as a full pipe would block the program.
        let (out, err) = (scratch.path("out"), scratch.path("err"))
        for path in [out, err] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: out)
        process.standardError = FileHandle(forWritingAtPath: err)
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationReason == .uncaughtSignal
                ? -process.terminationStatus : process.terminationStatus,
            output: try String(contentsOfFile: out, encoding: .utf8),
            errors: try String(contentsOfFile: err, encoding: .utf8))
    }
}

extension Command {
    /// This process' environment without the variables that the user has set for luaflow.
    package static let environment = ProcessInfo.processInfo.environment.merging(
        ["XDG_CONFIG_HOME": "/nonexistent", "LUAFLOW_PLUGINS": "", "LUAFLOW_HISTORY": ""]
    ) { $1 }

    /// Runs a script, sends Ctrl-C (or another signal) as soon as the script has made a file, and waits for its end.
    /// Returns the exit status, or minus the signal's number if the program died of a signal.
    package static func interrupted(
        _ script: String, options: [String] = [], whenThere ready: String, by signal: Int32 = SIGINT,
        errors: String = "/dev/null"
    ) throws -> Int32 {
        let process = Process()
        process.executableURL = try program
        process.arguments = options + ["run", script]
        process.environment = environment
        process.standardError = FileHandle(forWritingAtPath: errors)
        // A child inherits the signal mask of the thread that starts it, and threads of the tests block signals: the
        // mask is emptied first.
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        while process.isRunning, !FileManager.default.fileExists(atPath: ready) { usleep(10_000) }
        if process.isRunning { kill(process.processIdentifier, signal) }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}

/// A temporary folder that is removed when the object is released at the end of the test.
package final class Scratch {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("luaflow-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    package func write(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }
}
