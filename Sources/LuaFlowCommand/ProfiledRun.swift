import ArgumentParser
import Files
import LuaFlow
import Scripting

/// What `luaflow run --profile FILE` adds to a run.
enum ProfiledRun {
    /// Runs, and reports what the operations cost, also of a run that failed or was interrupted.
    /// - Parameter path: where the flame graph's text goes; nil to measure nothing.
    static func measure(into path: ByteString?, _ body: (Profile?) throws -> Void) throws {
        guard let path else { return try body(nil) }
        // Before a long run, not after it.
        guard !path.isFolder else {
            throw ValidationError("--profile \(path): is a folder; the name of a file expected")
        }
        let folder = LoadedFiles.absolute(path).splitPath.folder
        guard folder.isFolder else { throw ValidationError("--profile \(path): there is no folder \(folder)") }
        let profile = Profile()
        profile.begin()
        let result = Result { try body(profile) }
        let report = ProfileReport(profile)
        Session.write(report.table())
        do {
            try AtomicFile.write(to: path, for: "--profile") { try $0.write(report.stacks) }
        } catch {
            Session.write("luaflow: no profile was written: \(error)\n")
            if case .success = result { throw ExitCode(1) }
        }
        try result.get()
    }
}
