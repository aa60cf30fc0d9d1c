import ArgumentParser
import Foundation
import LuaFlow

/// Exit statuses: 0 the script returned, 1 an error (its report on standard error), 130 Ctrl-C, or what `os.exit` said.
enum Session {
    static func leaving(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as LuaError {
            if case .exit(let code) = error.kind { throw ExitCode(Int32(clamping: code)) }
            write("luaflow: \(error.report)\n")
            throw ExitCode(error.kind == .interrupted ? 130 : 1)
        } catch let error as ScriptError {
            write("luaflow: \(error)\n")
            throw ExitCode(1)
        }
    }

    /// Writes to standard error, after what the script printed. That nobody reads it is no failure of ours.
    static func write(_ text: String) {
        fflush(nil)
        var text = text
        text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count, let base = bytes.baseAddress {
                let count = Foundation.write(STDERR_FILENO, base + done, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                done += count
            }
        }
    }
}
