import ArgumentParser
import LuaFlow

/// Limits and permissions of a sandboxed script, with their defaults.
struct Sandbox {
    let memory: Int
    let timeLimit: Duration
    /// The folders in `--allow-read`, `--allow-write` and `--plugins`.
    let files: FileAccess

    init(_ options: LimitOptions, plugins: PluginPath) throws {
        memory = options.memory?.bytes ?? min(1 << 30, MemoryLimit.standard)
        timeLimit = options.timeout?.duration ?? .seconds(60)
        var files = FileAccess()
        for folder in options.allowRead { try files.allow(.read, folder: folder, option: "--allow-read") }
        for folder in options.allowWrite { try files.allow(.write, folder: folder, option: "--allow-write") }
        for folder in plugins.folders { try files.allow(.load, folder: folder.path, option: "--plugins") }
        self.files = files
    }

    /// How long after the deadline the worker is killed, if it has not ended by itself.
    static let grace = Duration.seconds(1)
}
