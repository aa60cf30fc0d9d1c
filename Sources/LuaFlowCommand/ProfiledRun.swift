import ArgumentParser
import Files
import LuaFlow
import Scripting

/// The profile of `luaflow run --profile FILE`.
enum ProfiledRun {
    /// Runs `body` and reports the cost of its operations, also when it failed or was interrupted.
    /// - Parameter path: the file for the flame graph's text; nil for no profile.
    static func measure(into path: ByteString?, _ body: (Profile?) throws -> Void) throws {
        guard let path else { return try body(nil) }
        // Checked before a long run, not after it.
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
