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
            write("luaflow: \(error.kind == .interrupted ? error.message : error.report)\n")
            throw ExitCode(error.kind == .interrupted ? 130 : 1)
        } catch let error as ScriptError {
            write("luaflow: \(error)\n")
            throw ExitCode(1)
        }
    }

    static func write(_ text: String) {
        fflush(nil)
        FileHandle.standardError.write(Data(text.utf8))
    }
}
