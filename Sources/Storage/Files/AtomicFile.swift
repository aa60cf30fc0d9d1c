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
/// the new. A failure removes the temporary file; only a killed process leaves one (`.NAME.XXXX.part`).
///
///     try AtomicFile.write(to: "out.txt", for: "image.save") { file in try file.write("hello") }
public final class AtomicFile {
    /// Where the bytes gather, for libraries that write to a path themselves.
    public let temporaryPath: String

    private let report: Report
    private let descriptor: Int32

    private init(temporaryPath: String, descriptor: Int32, report: Report) {
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
    public static func write(to path: String, for operation: String, _ body: (AtomicFile) throws -> Void) throws {
        let report = Report(operation: operation, path: path)
        guard !path.isEmpty, !path.utf8.contains(0), !path.hasSuffix("/") else { throw report.error("not a file name") }
        try FileAccess.check(.write, path, for: operation)
        LoadedFiles.current?.note(path, .written)
        let (target, mode) = try existing(path, report)
        // A link to a file that is not there yet was followed by one step only now.
        try FileAccess.check(.write, target, for: operation)
        let (folder, name) = split(target)
        let (temporary, descriptor) = try create(in: folder, name, mode ?? 0o666, report)
        do {
            let file = AtomicFile(temporaryPath: temporary, descriptor: descriptor, report: report)
            try body(file)
            try sync(temporary, mode, report)
            guard rename(temporary, target) == 0 else { throw report.systemError("cannot replace") }
        } catch {
            unlink(temporary)
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
    private static func existing(_ path: String, _ report: Report) throws -> (target: String, mode: mode_t?) {
        var status = stat()
        guard stat(path, &status) == 0 else {
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
        guard access(path, W_OK) == 0 else { throw report.systemError("cannot write") }
        guard let resolved = realpath(path, nil) else { throw report.systemError("cannot resolve") }
        defer { free(resolved) }
        return (String(cString: resolved), status.st_mode & 0o777)
    }

    /// Where a link points, one step, relative to its folder.
    private static func destination(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return link.hasPrefix("/") ? link : split(path).folder + "/" + link
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
    }

    private static func create(in folder: String, _ name: String, _ mode: mode_t, _ report: Report) throws -> (String, Int32) {
        for _ in 0..<100 {
            let mark = String(UInt64.random(in: .min ... .max), radix: 36)
            let temporary = "\(folder)/.\(String(name.prefix(40))).\(mark).part"
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            if descriptor >= 0 { return (temporary, descriptor) }
            guard errno == EEXIST else { throw report.systemError("cannot write a file in \(folder)") }
        }
        throw report.error("cannot find a free temporary name in \(folder)")
    }

    /// Brings the temporary file to the disk. By name, because a library that writes to the path may have replaced it.
    private static func sync(_ temporary: String, _ mode: mode_t?, _ report: Report) throws {
        let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw report.systemError("cannot reopen what was written") }
        defer { close(descriptor) }
        if let mode, fchmod(descriptor, mode) != 0 { throw report.systemError("cannot keep the permissions") }
        guard fsync(descriptor) == 0 else { throw report.systemError("cannot bring to the disk") }
    }

    private static func syncFolder(_ folder: String, _ report: Report) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }  // A folder one may write but not read: nothing more can be done.
        defer { close(descriptor) }
        // Some file systems cannot sync a folder and say EINVAL; the rename itself has happened.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw report.systemError("cannot bring the folder to the disk") }
    }
}
