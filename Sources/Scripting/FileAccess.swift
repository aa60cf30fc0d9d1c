import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The rules for which files scripts may open.
///
/// Trusted scripts have none and may open what the process may. A host binds rules for a sandboxed run, and code that
/// opens a file for a script checks them twice: by name before opening, and by descriptor after it, when links can no
/// longer be exchanged.
///
///     try FileAccess.check(.read, path, for: "image.load")
public struct FileAccess: Sendable {
    /// The rules for the current task or thread.
    @TaskLocal public static var current: FileAccess?

    /// What a file is opened for; each purpose has its own folders.
    public enum Purpose: String, Sendable {
        /// Reading data.
        case read
        /// Writing, with what that creates or replaces.
        case write
        /// Loading as Lua code: `require`, `dofile`, `loadfile`.
        case load
    }

    /// Folders whose files may be read, with links resolved.
    private var readable: [ResolvedPath] = []
    private var writable: [ResolvedPath] = []
    /// Further folders whose `.lua` files may be loaded.
    private var loadable: [ResolvedPath] = []

    /// The sizes of the files written so far, shared by all copies of these rules.
    private let written = WrittenBytes()

    /// Rules that allow nothing.
    public init() {}

    /// Counts a written file, which replaces one of the same name.
    /// - Throws: when all files that were written would hold more than ``mostWritten`` together, or be more than
    ///   ``mostFiles``.
    public static func count(written bytes: Int, to path: ByteString, for operation: String) throws {
        guard let current else { return }
        if current.written.count(bytes, of: path) { return }
        let limit = current.written.isFull(for: path) ? "be \(mostFiles)" : "hold \(mostWritten >> 20) MB together"
        let verb = limit.prefix { $0 != " " }
        throw ScriptError(operation, "\(path): a sandboxed script's files may \(limit), and would \(verb) more")
    }

    /// The most bytes that all files written by a sandboxed script may have; each file counts as at least a page.
    public static let mostWritten = 1 << 30
    /// The most files that a sandboxed script may write: larger folders are slow for everyone.
    public static let mostFiles = 10_000

    /// Allows a folder and everything below it. What may be written may be read, and what may be read may be loaded.
    /// - Throws: ``ScriptError`` when there is no such folder; `option` is named in the message.
    public mutating func allow(_ purpose: Purpose, folder: some ByteStringConvertible, option: String) throws {
        let folder = folder.byteString
        guard let path = ResolvedPath(existing: folder) else {
            throw ScriptError(option, "\(folder): \(String(cString: strerror(errno)))")
        }
        guard path.isFolder else { throw ScriptError(option, "\(folder): is not a folder") }
        switch purpose {
        case .read: readable.append(path)
        case .write: writable.append(path)
        case .load: loadable.append(path)
        }
    }

    /// The folders allowed for a purpose, for setting up the kernel's restrictions.
    public func folders(for purpose: Purpose) -> [ByteString] {
        switch purpose {
        case .read: (readable + writable).map(\.bytes)
        case .write: writable.map(\.bytes)
        case .load: (readable + writable + loadable).map(\.bytes)
        }
    }

    /// Throws unless scripts may open the file of this name.
    public static func check(
        _ purpose: Purpose, _ path: some ByteStringConvertible, for operation: String
    ) throws {
        guard let current else { return }
        let path = path.byteString
        guard current.allows(purpose, path) else { throw current.refusal(purpose, path, operation) }
    }

    /// Throws unless the file that was opened under this name is one that the rules allow.
    public static func check(
        _ purpose: Purpose, opened descriptor: Int32, _ path: some ByteStringConvertible, for operation: String
    ) throws {
        guard let current else { return }
        guard let real = ResolvedPath(descriptor: descriptor), current.allows(purpose, real) else {
            throw current.refusal(purpose, path.byteString, operation)
        }
    }

    /// Whether scripts may open the file of this name, existing or not.
    public func allows(_ purpose: Purpose, _ path: some ByteStringConvertible) -> Bool {
        guard let real = ResolvedPath(path.byteString) else { return false }
        return allows(purpose, real)
    }

    private func allows(_ purpose: Purpose, _ path: ResolvedPath) -> Bool {
        switch purpose {
        case .read: path.isInside(readable) || path.isInside(writable)
        case .write: path.isInside(writable)
        case .load: path.isInside(readable) || path.isInside(writable) || (path.isInside(loadable) && path.isLua)
        }
    }

    private func refusal(_ purpose: Purpose, _ path: ByteString, _ operation: String) -> ScriptError {
        let folders = folders(for: purpose)
        let allowed =
            folders.isEmpty
            ? "the sandbox opens no folder for that" : "only in " + folders.map(\.text).joined(separator: ", ")
        let (done, remedy) =
            switch purpose {
            case .read: ("read", "--allow-read DIR opens one")
            case .write: ("written", "--allow-write DIR opens one")
            case .load: ("loaded", "--allow-read DIR opens one")
            }
        return ScriptError(operation, "\(path): may not be \(done): \(allowed); \(remedy)")
    }
}

/// The sizes of the files that a script has written, by name.
private final class WrittenBytes: Sendable {
    private let sizes = Mutex<(total: Int, files: [ByteString: Int])>((0, [:]))
    private static let page = 4096

    /// Whether no other file may be written.
    func isFull(for path: ByteString) -> Bool {
        sizes.withLock { $0.files[path] == nil && $0.files.count >= FileAccess.mostFiles }
    }

    /// - Returns: false, with nothing counted, if it would be too much.
    func count(_ bytes: Int, of path: ByteString) -> Bool {
        sizes.withLock { sizes in
            let size = max(bytes, WrittenBytes.page)
            let total = sizes.total - (sizes.files[path] ?? 0) + size
            let isNew = sizes.files[path] == nil
            guard total <= FileAccess.mostWritten, !isNew || sizes.files.count < FileAccess.mostFiles else {
                return false
            }
            sizes.total = total
            sizes.files[path] = size
            return true
        }
    }
}

/// An absolute path without links and dots.
private struct ResolvedPath: CustomStringConvertible {
    private let path: ByteString

    /// - Returns: nil, and `errno`, when there is no such file.
    init?(existing path: ByteString) {
        guard let real = path.resolvedPath else { return nil }
        self.path = real
    }

    /// The path of a file that may not exist yet.
    init?(_ path: ByteString) {
        if let real = ResolvedPath(existing: path) {
            self = real
            return
        }
        guard errno == ENOENT, !path.isEmpty else { return nil }
        let (folder, name) = path.splitPath
        guard !name.isEmpty, name != ".", name != "..", let folder = ResolvedPath(folder) else { return nil }
        self.path = folder.path.appending(path: name)
    }

    /// The path of an open file.
    init?(descriptor: Int32) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 16)
        #if canImport(Darwin)
            guard fcntl(descriptor, F_GETPATH, &buffer) == 0 else { return nil }
            let count = strlen(buffer)
        #else
            let count = readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
            guard count > 0, count < buffer.count else { return nil }
        #endif
        path = ByteString(buffer[..<count].map { UInt8(bitPattern: $0) })
    }

    var description: String { path.text }
    var bytes: ByteString { path }
    var isLua: Bool { path.hasSuffix(".lua") }

    var isFolder: Bool {
        var status = stat()
        return path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    func isInside(_ folders: [ResolvedPath]) -> Bool {
        folders.contains { path == $0.path || path.hasPrefix($0.path.appending(path: "")) }
    }
}
