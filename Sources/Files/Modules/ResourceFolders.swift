import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a host keeps the files that come with the project (`models/`). The host fills it; functions that load such a
/// file by name ask it.
public final class ResourceFolders: Service {
    /// Searched in order.
    public var folders: [ByteString] = []

    public init() {}

    /// The path of the first readable file of that name.
    /// - Throws: ``ScriptError`` in the name of `operation`, listing where it looked.
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
