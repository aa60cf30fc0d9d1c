import ArgumentParser
import CConfinement
import Foundation
import LuaFlow

/// Exit statuses: 0 the script returned, 1 an error (reported on standard error), 2 a script called wrongly, 130
/// Ctrl-C, or the status given to `os.exit`.
enum Session {
    static func leaving(_ body: () throws -> Void) throws {
        do {
            try body()
            try checkOutput()
        } catch let error as LuaError {
            if case .exit(let code) = error.kind { try leave(Int32(clamping: code)) }
            ProgramRanks.current?.waitForFirst()
            write("\(ProgramRanks.name): \(error.report)\n")
            try leave(error.kind == .interrupted ? 130 : 1)
        } catch let fault as UsageFault {
            ProgramRanks.current?.waitForFirst()
            write("\(ProgramRanks.name): \(fault)\n".visible)
            try leave(2)
        } catch let error as ScriptError {
            // "luaflow doc: ..." begins with the name already.
            ProgramRanks.current?.waitForFirst()
            write((error.operation.hasPrefix("luaflow ") ? "\(error)\n" : "\(ProgramRanks.name): \(error)\n").visible)
            try leave(1)
        }
    }

    /// Throws if output could not be written, so that it is not mistaken for complete.
    private static func checkOutput() throws {
        guard !cf_output_is_whole() else { return }
        throw ScriptError("", "standard output could not be written in full")
    }

    /// A sandbox's worker has already reported; after an abandoned computation, `exit` would tear down libraries in
    /// use.
    private static func leave(_ status: Int32) throws {
        if Worker.isConfined || Machine.isBusy {
            StandardStream.flush()
            fflush(nil)
            ProgramRanks.leave(status)
            _exit(status)
        }
        throw ExitCode(status)
    }

    /// Writes to standard error, after what the script printed. That it cannot be written is no error. A message of a
    /// sandboxed script is untrusted text.
    static func write(_ text: String) { StandardStream.error.write(Worker.isConfined ? text.visible : text) }
}
