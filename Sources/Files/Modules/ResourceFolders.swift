import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The folders of files that belong to the project (`models/`). The host sets them; functions that load such a file by
/// name use them.
public final class ResourceFolders: Service {
    /// Searched in order.
    public var folders: [ByteString] = []

    public init() {}

    /// The path of the first readable file of that name.
    /// - Throws: ``ScriptError`` for `operation` that lists where it looked.
    public func locate(_ name: String, for operation: String) throws -> ByteString {
        for folder in folders {
            let path = folder.appending(path: ByteString(name))
            if path.withCString({ access($0, R_OK) }) == 0 { return path }
        }
        let places =
            folders.isEmpty
            ? "the host has no folder of models" : "looked in \(folders.map(\.text).joined(separator: ", "))"
        throw ScriptError(operation, "\(name) was not found: \(places)")
    }
}
