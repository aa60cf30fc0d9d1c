import Foundation
import LuaFlow

extension HostOptions {
    /// Runs, and writes the capsule if one was asked for, also of a run that failed.
    func run(_ invocation: Capsule.Invocation, in host: LuaFlow.Host) throws {
        guard let capsule else {
            try HostOptions.execute(invocation, in: host)
            return
        }
        // Before a long run, not after it.
        let folder = URL(fileURLWithPath: capsule).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw ScriptError("--capsule", "\(capsule): no file can be written in \(folder)")
        }
        let recorder = try RunRecorder(host)
        let result = Result { try HostOptions.execute(invocation, in: host) }
        try recorder.capsule(of: invocation, result).write(to: capsule)
        _ = try result.get()
    }

    @discardableResult
    static func execute(_ invocation: Capsule.Invocation, in host: LuaFlow.Host) throws -> [Value] {
        if let code = invocation.code { return try host.run(code: code, name: "(command line)") }
        return try host.run(file: invocation.script ?? "", arguments: invocation.arguments)
    }
}
