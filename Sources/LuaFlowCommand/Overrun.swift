import Foundation
import LuaFlow

/// For `--timeout`: ends the process when a script is still in a C function two seconds after the deadline.
enum Overrun {
    static let grace = Duration.seconds(2)

    /// Not needed in the sandbox, whose worker process is killed from outside.
    static func watch(_ host: LuaFlow.Host) {
        host.interpreter.onOverrun(after: grace) { limit in
            // Flushes what was printed, if possible in time: a lock may be held or a pipe full for ever.
            let flushed = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                StandardStream.flush()
                fflush(nil)
                flushed.signal()
            }
            _ = flushed.wait(timeout: .now() + .milliseconds(500))
            let message = "luaflow: stopped: the time limit of \(limit.inSeconds) has passed\n"
            _ = message.utf8.withContiguousStorageIfAvailable { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            _exit(1)
        }
    }
}
