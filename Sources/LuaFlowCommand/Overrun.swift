import Foundation
import LuaFlow

/// What `--timeout` does about a script that is still in some call of C's two seconds after the deadline.
enum Overrun {
    static let grace = Duration.seconds(2)

    /// The sandbox needs none: its worker is killed from outside.
    static func watch(_ host: LuaFlow.Host) {
        host.interpreter.onOverrun(after: grace) { limit in
            // What was printed before, if its reader takes it: a lock may be held for good, a pipe full for good.
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
