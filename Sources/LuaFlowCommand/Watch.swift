import ArgumentParser
import Foundation
import LuaFlow
import Synchronization

extension LuaFlowCommand {
    struct Watch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a script, and again whenever it or a file that it read changes.",
            usage: "luaflow watch [OPTIONS] FILE [ARGS...]",
            discussion: """
                A change during a run ends that run and starts the next, but not when the run follows that file by \
                host.live: it takes the change up itself. What the script wrote itself does not count, nor does a Lua \
                file that was only touched. A new plugin counts once the run is over. Ctrl-C pauses a loop of \
                host.steps, or ends the run and waits for a change; while waiting it leaves, with status 130.
                """)

        @OptionGroup var host: HostOptions

        @Argument(help: "The Lua file.", completion: .file(extensions: ["lua"]))
        var file: ByteString

        @Argument(
            parsing: .captureForPassthrough, help: "Arguments for the script, in `arg` and `...`.", completion: .file())
        var arguments: [ByteString] = []

        func run() throws {
            guard !host.limits.sandbox else { throw ValidationError("--sandbox: for luaflow run and -e only") }
            // During a run the host's own handler takes this one's place. Who started us may have blocked the signals.
            signal(SIGINT) { _ in _exit(130) }
            var heard = sigset_t()
            sigemptyset(&heard)
            for number in [SIGINT, SIGTERM] { sigaddset(&heard, number) }
            pthread_sigmask(SIG_UNBLOCK, &heard, nil)
            var reason = ""
            var number = 1
            while true {
                if isatty(STDOUT_FILENO) == 1 { StandardStream.output.write("\u{1B}[H\u{1B}[2J") }
                let ended = once()
                let changed = ended.changed
                let what = "watch: run \(number)\(reason), \(ended.outcome) after \(shown(ended.seconds))"
                guard changed.isEmpty else {
                    report(what)
                    settle(changed)
                    (reason, number) = (" (\(names(changed)) changed)", number + 1)
                    continue
                }
                report("\(what); watching \(ended.files.watched)")
                let next = wait(for: ended)
                (reason, number) = (" (\(names(next)) changed)", number + 1)
            }
        }

        private struct Ended {
            var files = LoadedFiles()
            /// What lay in the folders of plugins when the run began.
            var plugins: [ByteString] = []
            /// What changed during the run; empty when the run came to its own end.
            var changed: [ByteString] = []
            var outcome = ""
            var seconds = 0.0
        }

        /// One run with a host of its own.
        private func once() -> Ended {
            var ended = Ended()
            ended.plugins = plugins
            // What is watched when not even a host could be made.
            ended.files.note(file, .lua)
            let started = DispatchTime.now()
            var status: Int32 = 0
            let options = host
            do {
                try options.withHost(script: file, records: true) { host in
                    ended.files = host.loadedFiles
                    ended.files.note(file, .lua)
                    let guardian = RunGuardian(ended.files, interrupting: host.interpreter)
                    let result = Result {
                        try options.run(
                            .init(script: file, arguments: arguments), after: CommandWords.before(file), in: host)
                    }
                    ended.changed = guardian.stop()
                    ended.files.acceptWritten()
                    // A run that was ended here has nothing to report.
                    if ended.changed.isEmpty { _ = try result.get() }
                }
            } catch {
                status = (error as? ExitCode)?.rawValue ?? 1
            }
            ended.seconds = Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) / 1e9
            switch status {
            case _ where !ended.changed.isEmpty: ended.outcome = "stopped for a change"
            case 0: ended.outcome = "done"
            case 130: ended.outcome = "interrupted"
            default: ended.outcome = "status \(status)"
            }
            return ended
        }

        /// The files of all plugins that would be loaded.
        private var plugins: [ByteString] { (try? host.pluginPath(script: file).plugins().map(\.path)) ?? [] }

        private func wait(for ended: Ended) -> [ByteString] {
            while true {
                usleep(RunGuardian.interval)
                let added = plugins.filter { !ended.plugins.contains($0) }
                let changed = ended.files.changed(duringRun: false) + added
                guard !changed.isEmpty else { continue }
                settle(changed)
                // Settled, it may be what it was.
                let now = ended.files.changed(duringRun: false) + plugins.filter { !ended.plugins.contains($0) }
                if !now.isEmpty { return now }
            }
        }

        /// Waits until files stay as they are for two looks, so that a burst of writes, or a file on its way to being
        /// replaced, is one change. A second at most: something may write to one for ever.
        private func settle(_ paths: [ByteString]) {
            var before = paths.map { FileStamp($0) }
            for _ in 0..<20 {
                usleep(RunGuardian.interval)
                let now = paths.map { FileStamp($0) }
                if now == before, !now.contains(nil) { return }
                before = now
            }
        }

        private func names(_ paths: [ByteString]) -> String {
            let names = paths.map(\.splitPath.name.text)
            return names.count <= 2 ? names.joined(separator: ", ") : "\(names[0]) and \(names.count - 1) more"
        }

        private func shown(_ seconds: Double) -> String { String(format: seconds < 10 ? "%.2f s" : "%.0f s", seconds) }

        /// One line on standard error, which redirected output does not see.
        private func report(_ line: String) { StandardStream.error.write(line + "\n") }
    }
}

/// Looks at a run's files while it runs, and ends the run when one of them changes.
///
/// Looking is polling: it works on every system and file system and with every way of saving, and a few dozen `stat`
/// twenty times a second cost nothing that could be measured.
private final class RunGuardian {
    /// Between two looks, in microseconds.
    static let interval: UInt32 = 50_000

    private let queue = DispatchQueue(label: "luaflow.watch")
    private let timer: any DispatchSourceTimer
    private let seen = Seen()

    private final class Seen: Sendable {
        let changed = Mutex<[ByteString]>([])
        let looksSince = Mutex(0)
    }

    /// Looks after which a run that has not ended is inside a call that nothing stops.
    private static let patience = 60

    init(_ files: LoadedFiles, interrupting interpreter: Interpreter) {
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [seen] in
            let changed = seen.changed.withLock { changed in
                if changed.isEmpty { changed = files.changed(duringRun: true) }
                return !changed.isEmpty
            }
            // Each time anew: the first may have come before the run began.
            guard changed else { return }
            interpreter.interrupt()
            let looks = seen.looksSince.withLock { looks in
                looks += 1
                return looks
            }
            if looks == RunGuardian.patience { RunGuardian.beginAnew() }
        }
        timer.schedule(deadline: .now(), repeating: .microseconds(Int(Self.interval)))
        timer.resume()
    }

    /// A pattern that backtracks for ever, say, keeps the run's thread: the program starts itself again in its own
    /// place.
    private static func beginAnew() {
        let line = "watch: the run is inside a call that cannot be stopped; watching begins anew"
        StandardStream.error.write(line + "\n")
        #if os(Linux)
            let program = "/proc/self/exe"
        #else
            let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
        #endif
        var signals = sigset_t()
        sigemptyset(&signals)
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        var words: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) } + [nil]
        execv(program, &words)
        let reason = String(cString: strerror(errno))
        StandardStream.error.write(
            "watch: the program cannot be started again (\(reason)); Ctrl-C three times ends it\n")
        for word in words { free(word) }
    }

    /// Stops looking. What had changed.
    func stop() -> [ByteString] {
        timer.cancel()
        return queue.sync { seen.changed.withLock { $0 } }
    }
}

extension LoadedFiles {
    /// `1 file`, `5 files`: those whose change is waited for.
    fileprivate var watched: String {
        let count = all.count { $0.kind == .lua || $0.kind == .library }
        return count == 1 ? "1 file" : "\(count) files"
    }
}
