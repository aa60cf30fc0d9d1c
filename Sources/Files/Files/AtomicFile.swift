import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes a file whole or not at all.
///
/// The bytes go to a temporary file in the same folder, which is synced to the disk and then renamed to the target, and
/// the folder is synced. Whatever interrupts this, even `kill -9` or a power cut, the target has its old contents or
/// the new ones. Where the system allows it, the temporary file has no name until it is complete (see
/// ``TemporaryFile``), so that a killed process leaves nothing behind; what earlier ones may have left is removed. A
/// limit on file sizes (`ulimit -f`) is an error here, like a full disk, and not the signal that ends processes.
///
///     try AtomicFile.write(to: "out.txt", for: "image.save") { file in try file.write("hello") }
public final class AtomicFile {
    private let report: Report
    private let descriptor: Int32

    /// Writes to a descriptor that the caller closes.
    init(descriptor: Int32, report: Report) {
        self.descriptor = descriptor
        self.report = report
    }

    /// Creates or replaces the file at `path` with what `body` writes.
    ///
    /// A replaced file keeps its permissions; a link to a file stays a link. `operation` is named in errors. Does
    /// nothing where ``Scripting/FileWriting`` is off.
    /// - Throws: whatever `body` throws; ``ScriptError`` when the folder is missing, may not be written, the disk is
    ///   full, ``FileAccess`` forbids it, or `path` is a folder, a device or a file without write permission. The old
    ///   file is then untouched.
    public static func write(
        to path: some ByteStringConvertible, for operation: String, _ body: (AtomicFile) throws -> Void
    ) throws {
        let report = Report(operation: operation, path: path)
        let path = path.byteString
        guard path.isFileName, !path.hasSuffix("/") else { throw report.error("not a file name") }
        try FileAccess.check(.write, path, for: operation)
        guard FileWriting.isOn else { return }
        LoadedFiles.current?.note(path, .written)
        let (target, mode) = try existing(path, report)
        // If `path` is a link to a missing file, the path checked before was the link's, and this is the target's.
        try FileAccess.check(.write, target, for: operation)
        let (folderPath, name) = target.splitPath
        let folder = try Folder(folderPath, report)
        // From here on the opened folder is used, whatever its name may refer to meanwhile.
        try FileAccess.check(.write, opened: folder.descriptor, path, for: operation)
        try SizeLimitSignal.held {
            TemporaryFile.removeLeftOver(in: folder)
            let temporary = try TemporaryFile(in: folder, for: name, mode ?? 0o666, report)
            try body(AtomicFile(descriptor: temporary.descriptor, report: report))
            if let mode, fchmod(temporary.descriptor, mode) != 0 {
                throw report.systemError("cannot keep the permissions")
            }
            guard fsync(temporary.descriptor) == 0 else { throw report.systemError("cannot bring to the disk") }
            try FileAccess.count(written: temporary.size, to: target, for: operation)
            try temporary.publish(as: name)
        }
        try folder.sync(report)
    }

    /// Appends bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            try Cancellation.check()
            #if canImport(Glibc)
                let wrote = Glibc.write(descriptor, base + done, min(bytes.count - done, InputFile.chunk))
            #else
                let wrote = Darwin.write(descriptor, base + done, min(bytes.count - done, InputFile.chunk))
            #endif
            if wrote < 0, errno == EINTR { continue }
            guard wrote > 0 else { throw report.systemError("cannot write") }
            done += wrote
        }
    }

    /// Appends the bytes; throws as for memory.
    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Appends the text in UTF-8; throws as for memory.
    public func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// The file that `path` refers to with links followed, and its permissions if it exists.
    private static func existing(_ path: ByteString, _ report: Report) throws -> (target: ByteString, mode: mode_t?) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else {
            guard errno == ENOENT else { throw report.systemError("cannot write") }
            // A link to a missing file: write its target, as opening it would.
            guard let link = destination(path) else { return (path, nil) }
            return (link, nil)
        }
        // A rename would replace a device or pipe (as root, even /dev/null) instead of writing to it.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw report.error(status.st_mode & S_IFMT == S_IFDIR ? "is a folder, not a file" : "is not a regular file")
        }
        // A rename only needs permission for the folder; the file's own permission is required as well.
        guard path.withCString({ access($0, W_OK) }) == 0 else { throw report.systemError("cannot write") }
        guard let resolved = path.resolvedPath else { throw report.systemError("cannot resolve") }
        return (resolved, status.st_mode & 0o777)
    }

    /// A link's target, one step, relative to the link's folder.
    private static func destination(_ path: ByteString) -> ByteString? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = path.withCString { readlink($0, &buffer, buffer.count) }
        guard count > 0, count < buffer.count else { return nil }
        let link = ByteString(buffer[..<count].map { UInt8(bitPattern: $0) })
        return link.hasPrefix("/") ? link : path.splitPath.folder.appending(path: link)
    }

}

/// An open folder, in which files are named.
final class Folder {
    let descriptor: Int32
    let path: ByteString
    private let isReadable: Bool

    init(_ path: ByteString, _ report: Report) throws {
        self.path = path
        var descriptor = path.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        isReadable = descriptor >= 0
        #if canImport(Glibc)
            // A folder that may be written but not read: O_PATH, as a number since Swift does not import the name.
            if descriptor < 0, errno == EACCES {
                descriptor = path.withCString { open($0, 0o10000000 | O_DIRECTORY | O_CLOEXEC) }
            }
        #endif
        guard descriptor >= 0 else { throw report.systemError("cannot write a file in \(path)") }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func sync(_ report: Report) throws {
        // A folder that may be written but not read cannot be synced.
        guard isReadable else { return }
        // Some file systems cannot sync folders and return EINVAL; the rename has happened all the same.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw report.systemError("cannot bring the folder to the disk")
        }
    }

    /// The names in the folder that begin with a dot and end in `suffix`; at most `limit` names are examined.
    func hidden(endingIn suffix: ByteString, limit: Int) -> [ByteString] {
        guard isReadable else { return [] }
        // A separate descriptor, as reading moves its position and closing the stream closes it.
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0, let stream = fdopendir(own) else {
            if own >= 0 { close(own) }
            return []
        }
        defer { closedir(stream) }
        var names: [ByteString] = []
        for _ in 0..<limit {
            guard let entry = readdir(stream) else { break }
            let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
            let name = ByteString(cString: start.assumingMemoryBound(to: CChar.self))
            if name.hasPrefix("."), name.hasSuffix(suffix) { names.append(name) }
        }
        return names
    }
}
