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
    public var folders: [String] = []

    public init() {}

    /// The path of the first readable file of that name.
    /// - Throws: ``ScriptError`` in the name of `operation`, listing where it looked.
    public func locate(_ name: String, for operation: String) throws -> String {
        for folder in folders {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            if access(path, R_OK) == 0 { return path }
        }
        let places = folders.isEmpty ? "the host has no folder of models" : "looked in \(folders.joined(separator: ", "))"
        throw ScriptError(operation, "\(name) was not found: \(places)")
    }
}
