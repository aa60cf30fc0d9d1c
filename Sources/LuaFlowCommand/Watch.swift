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
            // During a run the host's own handler replaces this one. The parent may have blocked the signals.
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
            /// The files in the folders of plugins when the run began.
            var plugins: [ByteString] = []
            /// The files that changed during the run; empty when the run ended by itself.
            var changed: [ByteString] = []
            var outcome = ""
            var seconds = 0.0
        }

        /// One run, with its own host.
        private func once() -> Ended {
            var ended = Ended()
            ended.plugins = plugins
            // Watched even when no host could be made.
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
                // When files have settled, they may be as they were.
                let now = ended.files.changed(duringRun: false) + plugins.filter { !ended.plugins.contains($0) }
                if !now.isEmpty { return now }
            }
        }

        /// Waits until files stay unchanged for two checks, so that a burst of writes, or a file that is being
        /// replaced, counts as one change. At most a second, as something may write for ever.
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

        /// Prints a line to standard error, which redirected output does not contain.
        private func report(_ line: String) { StandardStream.error.write(line + "\n") }
    }
}

/// Watches a run's files while it runs, and ends the run when one of them changes.
///
/// By polling, which works on every system and file system and with every way of saving; a few dozen `stat` calls
/// twenty times a second have no measurable cost.
private final class RunGuardian {
    /// The time between two checks, in microseconds.
    static let interval: UInt32 = 50_000

    private let queue = DispatchQueue(label: "luaflow.watch")
    private let timer: any DispatchSourceTimer
    private let seen = Seen()

    private final class Seen: Sendable {
        let changed = Mutex<[ByteString]>([])
        let looksSince = Mutex(0)
    }

    /// After so many checks a run that has not ended is inside a call that cannot be interrupted.
    private static let patience = 60

    init(_ files: LoadedFiles, interrupting interpreter: Interpreter) {
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [seen] in
            let changed = seen.changed.withLock { changed in
                if changed.isEmpty { changed = files.changed(duringRun: true) }
                return !changed.isEmpty
            }
            // Interrupts again each time: the first interrupt may have come before the run began.
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

    /// A pattern match that backtracks without end, for example, keeps the run's thread busy: the program restarts
    /// itself in place.
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

    /// Stops watching; returns the changed files.
    func stop() -> [ByteString] {
        timer.cancel()
        return queue.sync { seen.changed.withLock { $0 } }
    }
}

extension LoadedFiles {
    /// The files that are watched, in words: `1 file`, `5 files`.
    fileprivate var watched: String {
        let count = all.count { $0.kind == .lua || $0.kind == .library }
        return count == 1 ? "1 file" : "\(count) files"
    }
}
