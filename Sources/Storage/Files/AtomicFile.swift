import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that appears whole or not at all.
///
/// The bytes go to a temporary file in the same folder, which is synced to the disk and then renamed over the target, and
/// the folder is synced. Whatever interrupts this, even `kill -9` or a power cut, the target holds the old contents or
/// the new. A failure removes the temporary file; only a killed process leaves one (`.XXXX.part`).
///
///     try AtomicFile.write(to: "out.txt", for: "image.save") { file in try file.write("hello") }
public final class AtomicFile {
    /// Where the bytes gather, for libraries that write to a path themselves.
    public let temporaryPath: ByteString

    private let report: Report
    private let descriptor: Int32

    private init(temporaryPath: ByteString, descriptor: Int32, report: Report) {
        self.temporaryPath = temporaryPath
        self.descriptor = descriptor
        self.report = report
    }

    deinit { close(descriptor) }

    /// Creates or replaces the file at `path` by what `body` writes.
    ///
    /// A replaced file keeps its permissions; a link to a file stays a link. `operation` is named in errors.
    /// - Throws: whatever `body` throws; ``ScriptError`` when the folder is missing, may not be written, the disk is full,
    ///   ``FileAccess`` forbids it, or `path` is a folder, a device or a file without write permission. The old file is then untouched.
    public static func write(
        to path: some ByteStringConvertible, for operation: String, _ body: (AtomicFile) throws -> Void
    ) throws {
        let report = Report(operation: operation, path: path)
        let path = path.byteString
        guard path.isFileName, !path.hasSuffix("/") else { throw report.error("not a file name") }
        try FileAccess.check(.write, path, for: operation)
        LoadedFiles.current?.note(path, .written)
        let (target, mode) = try existing(path, report)
        // A link to a file that is not there yet was followed by one step only now.
        try FileAccess.check(.write, target, for: operation)
        let folder = target.splitPath.folder
        let (temporary, descriptor) = try create(in: folder, mode ?? 0o666, report)
        do {
            let file = AtomicFile(temporaryPath: temporary, descriptor: descriptor, report: report)
            try body(file)
            try sync(temporary, mode, report)
            guard temporary.withCString({ from in target.withCString { rename(from, $0) } }) == 0 else { throw report.systemError("cannot replace") }
        } catch {
            _ = temporary.withCString { unlink($0) }
            throw error
        }
        try syncFolder(folder, report)
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

    public func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    public func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// The file that `path` means once links are followed, and its permissions if it exists.
    private static func existing(_ path: ByteString, _ report: Report) throws -> (target: ByteString, mode: mode_t?) {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else {
            guard errno == ENOENT else { throw report.systemError("cannot write") }
            // A link to nothing: write what it points at, as opening it would.
            guard let link = destination(path) else { return (path, nil) }
            return (link, nil)
        }
        // Renaming over a device or pipe would replace it (as root, /dev/null) rather than write to it.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw report.error(status.st_mode & S_IFMT == S_IFDIR ? "is a folder, not a file" : "is not a regular file")
        }
        // A rename asks only the folder's permission; the file's own must hold too.
        guard path.withCString({ access($0, W_OK) }) == 0 else { throw report.systemError("cannot write") }
        guard let resolved = path.resolvedPath else { throw report.systemError("cannot resolve") }
        return (resolved, status.st_mode & 0o777)
    }

    /// Where a link points, one step, relative to its folder.
    private static func destination(_ path: ByteString) -> ByteString? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = path.withCString { readlink($0, &buffer, buffer.count) }
        guard count > 0, count < buffer.count else { return nil }
        let link = ByteString(buffer[..<count].map { UInt8(bitPattern: $0) })
        return link.hasPrefix("/") ? link : path.splitPath.folder.appending(path: link)
    }

    /// The temporary name is short and holds nothing of the target's: that may be as long as names may be.
    private static func create(in folder: ByteString, _ mode: mode_t, _ report: Report) throws -> (ByteString, Int32) {
        for _ in 0..<100 {
            let mark = String(UInt64.random(in: .min ... .max), radix: 36)
            let temporary = folder.appending(path: ByteString(".\(mark).part"))
            let descriptor = temporary.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
            if descriptor >= 0 { return (temporary, descriptor) }
            guard errno == EEXIST else { throw report.systemError("cannot write a file in \(folder)") }
        }
        throw report.error("cannot find a free temporary name in \(folder)")
    }

    /// Brings the temporary file to the disk. By name, because a library that writes to the path may have replaced it.
    private static func sync(_ temporary: ByteString, _ mode: mode_t?, _ report: Report) throws {
        let descriptor = temporary.withCString { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw report.systemError("cannot reopen what was written") }
        defer { close(descriptor) }
        if let mode, fchmod(descriptor, mode) != 0 { throw report.systemError("cannot keep the permissions") }
        guard fsync(descriptor) == 0 else { throw report.systemError("cannot bring to the disk") }
    }

    private static func syncFolder(_ folder: ByteString, _ report: Report) throws {
        let descriptor = folder.withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { return }  // A folder one may write but not read: nothing more can be done.
        defer { close(descriptor) }
        // Some file systems cannot sync a folder and say EINVAL; the rename itself has happened.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw report.systemError("cannot bring the folder to the disk") }
    }
}
