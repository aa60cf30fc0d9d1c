import ArgumentParser
import Foundation
import LuaFlow

extension HostOptions {
    /// Runs a script, and writes the capsule if one was asked for, also when the run failed.
    func run(_ invocation: Capsule.Invocation, after words: [ByteString] = [], in host: LuaFlow.Host) throws {
        guard let capsule else {
            try HostOptions.execute(invocation, after: words, in: host)
            return
        }
        var invocation = invocation
        if invocation.script != nil { invocation.words = words }
        let recorder = try RunRecorder(host)
        let result = Result { try HostOptions.execute(invocation, after: words, in: host) }
        do {
            let made = try recorder.capsule(of: invocation, result, settings: settings)
            // The script may have created such a file meanwhile.
            try Capsule.check(canWriteTo: capsule)
            try made.write(to: capsule)
        } catch {
            // The script's own error comes first.
            let what = result.isSuccess ? "the script has run; no capsule was written: " : "no capsule was written: "
            let message = "luaflow: \(what)\((error as? LuaError)?.message ?? "\(error)")\n"
            do {
                try Session.leaving { _ = try result.get() }
            } catch let exit {
                Session.write(message)
                throw exit
            }
            Session.write(message)
            throw ExitCode((error as? LuaError)?.kind == .interrupted ? 130 : 1)
        }
        _ = try result.get()
    }

    /// The options that a capsule keeps.
    var settings: Capsule.HostSettings {
        var settings = Capsule.HostSettings()
        settings.plugins = plugins.map { LoadedFiles.absolute($0) }
        settings.noPlugins = noPlugins
        settings.memory = limits.memory?.bytes
        settings.timeout = limits.timeout.map {
            Double($0.duration.components.seconds) + Double($0.duration.components.attoseconds) * 1e-18
        }
        return settings
    }

    /// These options, completed by the recorded ones.
    func with(_ recorded: Capsule.HostSettings) -> HostOptions {
        var options = self
        if plugins.isEmpty, !noPlugins {
            options.plugins = recorded.plugins
            options.noPlugins = recorded.noPlugins
        }
        options.limits.memory = limits.memory ?? recorded.memory.map(MemorySize.init(bytes:))
        options.limits.timeout = limits.timeout ?? recorded.timeout.map(TimeSpan.init(seconds:))
        return options
    }

    @discardableResult
    static func execute(
        _ invocation: Capsule.Invocation, after words: [ByteString] = [], in host: LuaFlow.Host
    ) throws -> [Value] {
        if let code = invocation.code { return try host.run(code: code, name: "(command line)") }
        return try host.run(file: invocation.script ?? "", arguments: invocation.arguments, after: words)
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
