#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// SIGXFSZ, which ends a process that writes beyond its file size limit (`ulimit -f`).
public enum SizeLimitSignal {
    /// Runs `body` so that the limit becomes an error of `write` (EFBIG) instead.
    ///
    /// The signal goes to the thread that writes. It is blocked on this thread only and consumed before it is
    /// delivered, so that a process that embeds this keeps its own handling.
    public static func held<Result>(_ body: () throws -> Result) rethrows -> Result {
        var (signal, before) = (sigset_t(), sigset_t())
        sigemptyset(&signal)
        sigaddset(&signal, SIGXFSZ)
        let wasPending = isPending
        pthread_sigmask(SIG_BLOCK, &signal, &before)
        defer {
            if !wasPending, isPending {
                var number: Int32 = 0
                sigwait(&signal, &number)
            }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return try body()
    }

    private static var isPending: Bool {
        var pending = sigset_t()
        sigemptyset(&pending)
        return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1
    }
}
