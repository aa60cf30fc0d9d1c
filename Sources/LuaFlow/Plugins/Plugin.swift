import Foundation

/// A plugin that was loaded, or why it was not.
public struct Plugin {
    public let file: PluginFile
    /// What it registered; nothing when it is broken.
    public let registrations: [Registration]
    /// What is wrong with it, with its line; nil when nothing is.
    public let fault: String?

    /// As standard error says it.
    public var report: String? { fault.map { "luaflow: plugin \(file.name) is skipped: \($0)\n" } }
}

extension Host {
    /// Loads the plugins of a path that are not loaded yet, each on its own: a broken one is reported in the result and
    /// leaves nothing registered, and the others are loaded.
    @discardableResult
    public func loadPlugins(_ path: PluginPath) -> [Plugin] {
        let fresh = try? interpreter.perform {
            let loaded = Set(loadedPlugins.map { $0.file.path })
            let fresh = path.plugins().filter { !loaded.contains($0.path) }.map { load($0) }
            loadedPlugins += fresh
            return fresh
        }
        return fresh ?? []
    }

    /// The plugins so far, broken ones included, in the order of loading.
    public var plugins: [Plugin] { (try? interpreter.perform { loadedPlugins }) ?? [] }

    private func load(_ file: PluginFile) -> Plugin {
        let registry = context.service(Registry.self)
        var stop: ScriptPlace?
        context.service(LoadedFiles.self).note(file.path, .lua)
        do {
            let text = try PluginFile.text(file.path)
            try interpreter.run(code: Host.enterPlugin, name: "=luaflow", arguments: [.string(file.folder)])
            // A run of its own, after whatever stopped the plugin.
            defer { _ = try? interpreter.run(code: Host.leavePlugin, name: "=luaflow") }
            try registry.loading(file.path) {
                defer { stop = interpreter.stoppedAt }
                return try interpreter.run(
                    code: text, name: "@" + file.path, arguments: [.string(file.name), .string(file.path)])
            }
            return Plugin(file: file, registrations: registry.entries(of: file.path), fault: nil)
        } catch let error as LuaError {
            return Plugin(file: file, registrations: [], fault: PluginFile.fault(error, in: file, at: stop))
        } catch {
            return Plugin(file: file, registrations: [], fault: "\(error)")
        }
    }

    /// Puts the plugin's folder on the path, and remembers what was loaded already.
    private static let enterPlugin = """
        local folder, package = ..., package
        if not package then return end
        local loaded = {}
        for name in pairs(package.loaded) do loaded[name] = true end
        package.luaflow_plugin = {path = package.path, own = folder .. "/?.lua;" .. folder .. "/?/init.lua", loaded = loaded}
        package.path = package.luaflow_plugin.own .. ";" .. package.path
        """

    /// Takes it off again. Modules from the plugin's own folder are forgotten, so that two plugins' `util` do not meet,
    /// nor hide the script's.
    private static let leavePlugin = """
        local package = package
        local plugin = package and package.luaflow_plugin
        if not plugin then return end
        package.luaflow_plugin, package.path = nil, plugin.path
        for name in pairs(package.loaded) do
            if not plugin.loaded[name] and type(name) == "string" and package.searchpath(name, plugin.own) then
                package.loaded[name] = nil
            end
        end
        """
}

extension PluginFile {
    /// Lua's own loader skips a first line that starts with #, too.
    fileprivate static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ScriptError(path, "the file cannot be read")
        }
        guard var text = String(data: data, encoding: .utf8) else {
            throw ScriptError(path, "the file is not UTF-8 text")
        }
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        return text.hasPrefix("#") ? "--" + text : text
    }

    fileprivate static func fault(_ error: LuaError, in file: PluginFile, at stop: ScriptPlace?) -> String {
        switch error.kind {
        case .interrupted: "\(stop?.description ?? file.path): interrupted while it was loaded"
        case .exit: "\(stop?.description ?? file.path): it called os.exit while it was loaded"
        default: error.message.contains(file.path) ? error.message : "\(file.path): \(error.message)"
        }
    }
}
