import Foundation

/// The folders where plugins are looked for, the most particular first.
///
/// Never the working folder by itself: starting `luaflow` in a folder that somebody else filled must run nothing of it.
public struct PluginPath: Sendable {
    public struct Folder: Sendable {
        public let path: String
        /// Why it is looked at: `--plugins`, `beside the script`, ...
        public let reason: String
    }

    public let folders: [Folder]

    /// - Parameters:
    ///   - explicit: folders that the user named.
    ///   - script: the script that will run; its `plugins` folder is on the path.
    ///   - onlyExplicit: for somebody else's script: nothing but what the user named.
    public init(
        explicit: [String] = [], script: String? = nil, onlyExplicit: Bool = false,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        var folders = explicit.map { Folder(path: $0, reason: "--plugins") }
        if !onlyExplicit {
            if let script {
                folders.append(Folder(path: PluginPath.folder(of: script) + "plugins", reason: "beside the script"))
            }
            let listed = environment["LUAFLOW_PLUGINS"]?.split(separator: ":").map(String.init) ?? []
            folders += listed.map { Folder(path: $0, reason: "LUAFLOW_PLUGINS") }
            if let configuration = PluginPath.configuration(environment) {
                folders.append(Folder(path: configuration + "/luaflow/plugins", reason: "your configuration folder"))
            }
        }
        self.folders = folders
    }

    /// No folder at all.
    public static let none = PluginPath(onlyExplicit: true)

    /// The folder where people keep what they set. XDG_CONFIG_HOME counts when it is absolute, as the XDG base directory specification says.
    package static func configuration(_ environment: [String: String]) -> String? {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return folder }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.config" }
    }

    /// `scripts/` of `scripts/a.lua`, nothing of `a.lua`.
    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// The plugins in the folders, in the order of folders and then of names; each file once.
    public func plugins() -> [PluginFile] {
        var seen: Set<String> = []
        return folders.flatMap { PluginFile.list($0) }.filter {
            seen.insert(URL(fileURLWithPath: $0.path).resolvingSymlinksInPath().path).inserted
        }
    }
}

/// A file that is loaded before scripts: `NAME.lua` in a folder of the path, or `NAME/init.lua`.
public struct PluginFile: Sendable {
    public let name: String
    public let path: String
    /// Where it finds modules of its own.
    public let folder: String
    public let found: PluginPath.Folder
    /// Why there is no file to load, although there should be one.
    public let fault: String?

    init(name: String, path: String, folder: String, found: PluginPath.Folder, fault: String? = nil) {
        (self.name, self.path, self.folder, self.found, self.fault) = (name, path, folder, found, fault)
    }

    /// The plugins of a folder. One that is there and cannot be listed is a plugin with a fault, as nobody should think
    /// that it is empty.
    static func list(_ place: PluginPath.Folder) -> [PluginFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: place.path)
        } catch {
            guard isThere(place.path) else { return [] }
            let name = URL(fileURLWithPath: place.path).lastPathComponent
            let fault = isFolder(place.path) ? "the folder cannot be read" : "this is no folder"
            return [
                PluginFile(
                    name: name, path: place.path, folder: place.path, found: place,
                    fault: "\(place.path): \(fault) (\(place.reason))")
            ]
        }
        return names.sorted().compactMap { name in
            let path = place.path + "/" + name
            guard !name.hasPrefix(".") else { return nil }
            if isFolder(path) {
                let start = path + "/init.lua"
                let isReadable = access(path, X_OK) == 0
                guard isThere(start) || !isReadable else { return nil }
                return PluginFile(
                    name: name, path: start, folder: path, found: place,
                    fault: isReadable ? nil : "\(path): the folder cannot be read")
            }
            guard name.hasSuffix(".lua") else { return nil }
            return PluginFile(name: String(name.dropLast(4)), path: path, folder: place.path, found: place)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whether something has this name, if only a link that leads nowhere.
    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }
}
