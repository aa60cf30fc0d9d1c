import CConfinement
import Dispatch
import Foundation
import LuaFlow
import Synchronization

/// The process in which a sandboxed script runs, seen from outside: starts it, watches it, and kills it at the
/// deadline.
final class WorkerProcess: Sendable {
    private let process: pid_t
    private let state = Mutex<(ended: Bool, killed: Bool, peak: Int)>((false, false, 0))

    /// Starts this program again with the same arguments and with the standard streams only.
    /// From now on Ctrl-C is blocked until ``status(_:)``, which passes it on.
    init() throws {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        process = try WorkerProcess.start()
    }

    /// Waits until the process ends.
    /// - Returns: the exit status; messages have been printed.
    func status(_ sandbox: Sandbox) -> Int32 {
        // The worker gets the terminal's Ctrl-C itself; a signal sent to this process alone is passed on.
        var waiting = sigset_t()
        sigpending(&waiting)
        let before = signal(SIGINT, SIG_IGN)
        if sigismember(&waiting, SIGINT) == 1 { send(SIGINT, killing: false) }
        hear([SIGINT, SIGTERM, SIGHUP, SIGQUIT])
        let interrupts = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupts.setEventHandler { [self] in send(SIGINT, killing: false) }
        interrupts.resume()
        let deadline = DispatchSource.makeTimerSource(queue: .global())
        deadline.schedule(deadline: .now() + (sandbox.timeLimit + Sandbox.grace).dispatched)
        deadline.setEventHandler { [self] in send(SIGKILL, killing: true) }
        deadline.resume()
        defer {
            interrupts.cancel()
            deadline.cancel()
            signal(SIGINT, before)
        }
        let ending = wait()
        switch ending {
        case .status(let status): return status
        case .signal(SIGINT): return 130
        case .signal(SIGPIPE):
            // The reader of our output is gone: end as programs do by default.
            signal(SIGPIPE, SIG_DFL)
            kill(getpid(), SIGPIPE)
            return 1
        case .signal(let number):
            Session.write("luaflow: \(explanation(number, sandbox))\n")
            return 1
        }
    }

    private func explanation(_ number: Int32, _ sandbox: Sandbox) -> String {
        if number == SIGXCPU || (number == SIGKILL && state.withLock { $0.killed }) {
            return "stopped: the time limit of \(sandbox.timeLimit.inSeconds) has passed"
        }
        if number == SIGXFSZ { return "stopped: its output has passed 1 GB" }
        // Libraries' own memory is limited with some room; exceeding it crashes the process.
        if state.withLock({ $0.peak }) >= sandbox.memory {
            return "stopped: it has passed its memory limit of \(sandbox.memory) bytes"
        }
        if number == SIGKILL {
            return "stopped: the sandbox was killed from outside; the system may be short of memory"
        }
        return "stopped: the sandbox crashed (\(String(cString: strsignal(number)))) and the script with it"
    }

    // MARK: The process

    private enum Ending {
        case status(Int32)
        case signal(Int32)
    }

    /// Must not be called after the process was waited for, when its number may belong to another one.
    private func send(_ number: Int32, killing: Bool) {
        state.withLock { state in
            guard !state.ended else { return }
            kill(process, number)
            if killing { state.killed = true }
        }
    }

    /// A program started from a thread that blocks signals (as Dispatch's workers do) inherits that.
    private func hear(_ numbers: [Int32]) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private func wait() -> Ending {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLock { $0.ended = true }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0, errno == EINTR {}
        // Peak resident memory, in KB on Linux.
        #if canImport(Darwin)
            state.withLock { $0.peak = usage.ru_maxrss }
        #else
            state.withLock { $0.peak = usage.ru_maxrss * 1024 }
        #endif
        let number = status & 0x7f
        return number == 0 ? .status((status >> 8) & 0xff) : .signal(number)
    }

    private static func start() throws -> pid_t {
        guard let program = Bundle.main.executablePath else {
            throw ScriptError("sandbox", "luaflow does not find its own program")
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGPIPE, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGXCPU, SIGXFSZ] {
            sigaddset(&signals, number)
        }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
        cf_hand_on_standard_streams_only()
        var process: pid_t = 0
        let failure = withStrings(CommandWords.all) { arguments in
            withStrings(environment.map { ByteString($0) }) {
                posix_spawn(&process, program, nil, &attributes, arguments, $0)
            }
        }
        guard failure == 0 else {
            throw ScriptError("sandbox", "its process cannot be started: \(String(cString: strerror(failure)))")
        }
        return process
    }

    /// The environment: what drawing in this terminal needs, and the parent.
    private static var environment: [String] {
        let kept = [
            "TERM", "COLORTERM", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "TMUX", "NO_COLOR", "COLUMNS",
            "LINES", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LUAFLOW_HOME", "LUAFLOW_THREADS",
            "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
        ]
        let present = ProcessInfo.processInfo.environment
        return kept.compactMap { name in present[name].map { "\(name)=\($0)" } } + [
            "\(Worker.parentVariable)=\(getpid())",
            // A single thread, and none before the process is confined; crashes are reported by us.
            "OPENBLAS_NUM_THREADS=1", "MALLOC_ARENA_MAX=2", "SWIFT_BACKTRACE=enable=no",
        ]
    }

    private static func withStrings<R>(
        _ strings: [ByteString], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
    ) -> R {
        var copies = strings.map { $0.withCString { strdup($0) } } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(&copies)
    }
}

extension Duration {
    fileprivate var dispatched: DispatchTimeInterval {
        .milliseconds(Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000))
    }
}
