import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that gets its name when it is complete.
///
/// On Linux it has no name until then (`O_TMPFILE`), so that the system removes it with the last process that has it
/// open, however that process ends. Where the file system does not support this, the name is
/// `.NAME.HOST-PROCESS.RANDOM.part`; a failure removes it, and ``removeLeftOver(in:)`` removes those of killed
/// processes.
final class TemporaryFile {
    let descriptor: Int32
    private let folder: Folder
    private let report: Report
    private let stem: ByteString
    /// The temporary name; nil as long as the file has none.
    private var name: ByteString?

    /// - Throws: when the folder cannot be written to.
    init(in folder: Folder, for target: ByteString, _ mode: mode_t, _ report: Report, named: Bool = false) throws {
        (self.folder, self.report) = (folder, report)
        stem = TemporaryFile.stem(target)
        let unnamed = named ? -1 : TemporaryFile.unnamed(in: folder, mode)
        (descriptor, name) = unnamed >= 0 ? (unnamed, nil) : try TemporaryFile.create(in: folder, stem, mode, report)
    }

    deinit {
        close(descriptor)
        if let name { _ = name.withCString { unlinkat(folder.descriptor, $0, 0) } }
    }

    /// The size in bytes.
    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Gives the file its final name, replacing a file of that name.
    func publish(as target: ByteString) throws {
        if name == nil {
            // If the name was free, linking is enough.
            if link(target) { return }
            guard errno == EEXIST else { return try copyToNamed().publish(as: target) }
            try nameTemporarily()
        }
        guard let name else { return }
        let done = name.withCString { from in
            target.withCString { renameat(folder.descriptor, from, folder.descriptor, $0) }
        }
        guard done == 0 else { throw report.systemError("cannot replace") }
        self.name = nil
    }

    /// Gives the file a temporary name: an existing target can only be replaced by renaming.
    private func nameTemporarily() throws {
        for _ in 0..<100 {
            let candidate = TemporaryFile.candidate(stem)
            if link(candidate) {
                name = candidate
                return
            }
            guard errno == EEXIST else { throw report.systemError("cannot replace") }
        }
        throw report.error("cannot find a free temporary name in \(folder.path)")
    }

    /// Links the unnamed file to a name. False, with errno set, if that fails.
    private func link(_ name: ByteString) -> Bool {
        name.withCString { linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", folder.descriptor, $0, AT_SYMLINK_FOLLOW) }
            == 0
    }

    /// A copy with a name from the beginning, for systems where a file cannot be named later (no /proc).
    private func copyToNamed() throws -> TemporaryFile {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw report.systemError("cannot look at what was written") }
        let copy = try TemporaryFile(in: folder, for: stem, status.st_mode & 0o777, report, named: true)
        let file = AtomicFile(descriptor: copy.descriptor, report: report)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var position = 0
        while true {
            let got = pread(descriptor, &buffer, buffer.count, off_t(position))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw report.systemError("cannot read what was written") }
            if got == 0 { break }
            try file.write(Array(buffer[..<got]))
            position += got
        }
        guard fchmod(copy.descriptor, status.st_mode & 0o777) == 0, fsync(copy.descriptor) == 0 else {
            throw report.systemError("cannot bring to the disk")
        }
        return copy
    }

    /// A descriptor of an unnamed file; -1 where that is not supported.
    private static func unnamed(in folder: Folder, _ mode: mode_t) -> Int32 {
        #if canImport(Glibc)
            // O_TMPFILE, as a number since Swift does not import the name.
            return openat(folder.descriptor, ".", 0o20000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, mode)
        #else
            return -1
        #endif
    }

    private static func create(in folder: Folder, _ stem: ByteString, _ mode: mode_t, _ report: Report) throws -> (
        Int32, ByteString?
    ) {
        for _ in 0..<100 {
            let name = candidate(stem)
            let descriptor = name.withCString {
                openat(folder.descriptor, $0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            }
            if descriptor >= 0 { return (descriptor, name) }
            guard errno == EEXIST else { throw report.systemError("cannot write a file in \(folder.path)") }
        }
        throw report.error("cannot find a free temporary name in \(folder.path)")
    }

    // MARK: Names

    /// At most 120 bytes of the target's name, so that temporary names do not become too long.
    private static func stem(_ target: ByteString) -> ByteString { ByteString(target.bytes.prefix(120)) }

    private static func candidate(_ stem: ByteString) -> ByteString {
        let mark = String(UInt64.random(in: .min ... .max), radix: 36)
        return "." + stem + ByteString(".\(machine)-\(getpid()).\(mark)\(suffix)")
    }

    private static let suffix: ByteString = ".part"

    /// Identifies this machine, as several may share a folder and process numbers of others mean nothing here.
    private static let machine: ByteString = {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let hash = name.prefix { $0 != 0 }.reduce(UInt64(14_695_981_039_346_656_037)) {
            ($0 ^ UInt64(UInt8(bitPattern: $1))) &* 1_099_511_628_211
        }
        return ByteString(String(hash, radix: 36))
    }()

    /// Removes temporary files of killed processes of this machine. If some cannot be removed, that is no error.
    static func removeLeftOver(in folder: Folder) {
        for name in folder.hidden(endingIn: suffix, limit: 10_000) {
            guard let process = process(of: name), process != getpid(), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            _ = name.withCString { unlinkat(folder.descriptor, $0, 0) }
        }
    }

    /// The process that a temporary file of this machine belongs to; nil for any other file.
    private static func process(of name: ByteString) -> pid_t? {
        let parts = name.dropLast(suffix.count).split(at: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].isEmpty, let mark = parts.last?.utf8Text, UInt64(mark, radix: 36) != nil else {
            return nil
        }
        let owner = parts[parts.count - 2].split(at: UInt8(ascii: "-"))
        guard owner.count == 2, owner[0] == machine, let process = pid_t(owner[1].text), process > 0 else { return nil }
        return process
    }
}
