import Foundation

/// A plugin that was loaded, or why it was not.
public struct Plugin {
    /// Where it was found.
    public let file: PluginFile
    /// What it registered; empty if it failed.
    public let registrations: [Registration]
    /// Its error with the line; nil if there was none.
    public let fault: String?
    /// Whether the run's time was used up while it was loaded: then no other plugin is loaded, and nothing should run.
    public let usedUpTheTime: Bool

    init(file: PluginFile, registrations: [Registration] = [], fault: String? = nil, usedUpTheTime: Bool = false) {
        (self.file, self.fault, self.usedUpTheTime) = (file, fault, usedUpTheTime)
        let kinds = registrations.map(\.kind).reduce(into: [RegistryKind]()) { if !$0.contains($1) { $0.append($1) } }
        self.registrations = kinds.flatMap { kind in
            registrations.filter { $0.kind == kind }.sorted { $0.name < $1.name }
        }
    }

    /// The message for standard error.
    public var report: String? { fault.map { "luaflow: plugin \(file.name) is skipped: \($0)\n" } }
}

extension Host {
    /// Loads the plugins of a path that are not loaded yet, separately: one that fails is reported in the result and
    /// leaves nothing registered, and the others are loaded.
    @discardableResult
    public func loadPlugins(_ path: PluginPath) -> [Plugin] {
        let fresh = try? interpreter.perform {
            let loaded = Set(loadedPlugins.map { $0.file.path })
            var fresh: [Plugin] = []
            for file in path.plugins() where !loaded.contains(file.path) {
                fresh.append(load(file))
                if fresh.last?.usedUpTheTime == true { break }
            }
            loadedPlugins += fresh
            return fresh
        }
        return fresh ?? []
    }

    /// All plugins so far, including those that failed, in the order of loading.
    public var plugins: [Plugin] { (try? interpreter.perform { loadedPlugins }) ?? [] }

    private func load(_ file: PluginFile) -> Plugin {
        if let fault = file.fault { return Plugin(file: file, fault: fault) }
        let registry = context.service(Registry.self)
        var stop: ScriptPlace?
        context.service(LoadedFiles.self).note(file.path, .lua)
        do {
            let text = try PluginFile.text(file.path)
            try registry.loading(file.path) {
                do {
                    try interpreter.call(
                        plugin.start, [.string(text), .string(file.path), .string(file.name), .string(file.folder)])
                } catch {
                    stop = interpreter.stoppedAt
                    // The first error is the one that is reported.
                    try? finish(failed: true)
                    throw error
                }
                try finish(failed: false)
            }
            return Plugin(file: file, registrations: registry.entries(of: file.path))
        } catch let error as LuaError {
            return Plugin(
                file: file, fault: PluginFile.fault(error, in: file, at: stop),
                usedUpTheTime: error.kind == .timeLimit)
        } catch {
            return Plugin(file: file, fault: "\(error)")
        }
    }

    /// Cleans up after a plugin, in a separate run: the plugin may have been stopped, and its time does not count.
    private func finish(failed: Bool) throws {
        let limit = interpreter.timeLimit
        interpreter.timeLimit = nil
        defer { interpreter.timeLimit = limit }
        try interpreter.call(plugin.finish, [.boolean(failed)])
    }
}

extension PluginFile {
    /// As Lua's own loader, skips a first line that starts with #.
    fileprivate static func text(_ path: ByteString) throws -> ByteString {
        guard let bytes = path.fileContents else { throw ScriptError(path.text, "the file cannot be read") }
        var text = ByteString(bytes)
        if text.hasPrefix("\u{FEFF}") { text = text.dropFirst(3) }
        return text.hasPrefix("#") ? "--" + text : text
    }

    fileprivate static func fault(_ error: LuaError, in file: PluginFile, at stop: ScriptPlace?) -> String {
        switch error.kind {
        case .interrupted: "\(stop?.description ?? file.path.text): interrupted while it was loaded"
        case .timeLimit: "\(stop?.description ?? file.path.text): \(error.message) while it was loaded"
        case .exit: "\(stop?.description ?? file.path.text): it called os.exit while it was loaded"
        default: error.message.contains(file.path.text) ? error.message : "\(file.path): \(error.message)"
        }
    }
}
