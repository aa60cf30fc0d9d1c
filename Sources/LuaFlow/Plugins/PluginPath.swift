import Foundation
import Scripting

/// The folders in which plugins are searched, the most specific first.
///
/// The working folder is never one of them by itself: starting `luaflow` in a folder of somebody else must not run its
/// files.
public struct PluginPath: Sendable {
    /// A folder of plugins.
    public struct Folder: Sendable {
        /// As given; relative ones are relative to the working folder.
        public let path: ByteString
        /// Why it is searched: `--plugins`, `beside the script`, and so on.
        public let reason: String
    }

    /// In the order in which they are searched; the first file of a name is loaded.
    public let folders: [Folder]

    /// - Parameters:
    ///   - explicit: folders that the user named.
    ///   - script: the script that will run; the folder `plugins` beside it is searched.
    ///   - onlyExplicit: for other people's scripts: only folders that the user named.
    public init(
        explicit: [ByteString] = [], script: ByteString? = nil, onlyExplicit: Bool = false,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        var folders = explicit.map { Folder(path: $0, reason: "--plugins") }
        if !onlyExplicit {
            if let script {
                folders.append(Folder(path: PluginPath.beside(script), reason: "beside the script"))
            }
            let listed = environment["LUAFLOW_PLUGINS"]?.split(separator: ":").map(String.init) ?? []
            folders += listed.map { Folder(path: ByteString($0), reason: "LUAFLOW_PLUGINS") }
            if let configuration = PluginPath.configuration(environment) {
                folders.append(
                    Folder(path: ByteString(configuration + "/luaflow/plugins"), reason: "your configuration folder"))
            }
        }
        self.folders = folders
    }

    /// No folders.
    public static let none = PluginPath(onlyExplicit: true)

    /// The folder for users' settings. XDG_CONFIG_HOME is used if it is absolute, as the XDG base directory
    /// specification says.
    package static func configuration(_ environment: [String: String]) -> String? {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return folder }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/.config" }
    }

    /// The folder beside a script: `scripts/plugins` for `scripts/a.lua`, `plugins` for `a.lua`.
    private static func beside(_ script: ByteString) -> ByteString {
        script.contains(UInt8(ascii: "/")) ? script.splitPath.folder.appending(path: "plugins") : "plugins"
    }

    /// The plugins in the folders, in the order of folders and then of names; each file once.
    public func plugins() -> [PluginFile] {
        var seen: Set<ByteString> = []
        return folders.flatMap { PluginFile.list($0) }.filter { seen.insert($0.path.resolvedPath ?? $0.path).inserted }
    }
}

/// A plugin's file: `NAME.lua` in a folder of the path, or `NAME/init.lua`.
public struct PluginFile: Sendable {
    /// The file's name without `.lua`, or its folder's.
    public let name: ByteString
    /// The file that is run.
    public let path: ByteString
    /// The folder in which it finds its own modules.
    public let folder: ByteString
    /// Why there is no file to load although there should be.
    public let fault: String?

    init(name: ByteString, path: ByteString, folder: ByteString, fault: String? = nil) {
        (self.name, self.path, self.folder, self.fault) = (name, path, folder, fault)
    }

    /// The plugins in a folder. A folder that exists but cannot be listed counts as a plugin with a fault, so that it
    /// is not mistaken for an empty one.
    static func list(_ place: PluginPath.Folder) -> [PluginFile] {
        guard let names = place.path.folderEntries else {
            guard isThere(place.path) else { return [] }
            let name = LoadedFiles.absolute(place.path).splitPath.name
            let fault = place.path.isFolder ? "the folder cannot be read" : "this is no folder"
            return [
                PluginFile(
                    name: name, path: place.path, folder: place.path,
                    fault: "\(place.path): \(fault) (\(place.reason))")
            ]
        }
        return names.compactMap { name in
            let path = place.path + "/" + name
            guard !name.hasPrefix(".") else { return nil }
            if path.isFolder {
                let start = path + "/init.lua"
                let isReadable = path.withCString { access($0, X_OK) } == 0
                guard isThere(start) || !isReadable else { return nil }
                return PluginFile(
                    name: name, path: start, folder: path,
                    fault: isReadable ? nil : "\(path): the folder cannot be read")
            }
            guard name.hasSuffix(".lua") else { return nil }
            return PluginFile(name: name.dropLast(4), path: path, folder: place.path)
        }
    }

    /// Whether this name exists, also as a link to nothing.
    private static func isThere(_ path: ByteString) -> Bool {
        var status = stat()
        return path.withCString { lstat($0, &status) } == 0
    }
}
