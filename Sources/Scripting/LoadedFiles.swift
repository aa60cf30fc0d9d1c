import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files that a host's scripts read, in order: a rerun watches them for changes, and a run's results depend on
/// them.
///
/// The interpreter records what Lua's own functions open (`require`, `dofile`, `loadfile`, `io.open`); rooms that read
/// files record theirs through ``current``; code that loads a script in another way records it itself:
///
///     context.service(LoadedFiles.self).note(path, .lua)
public final class LoadedFiles: Service, Sendable {
    /// The record of the current task's or thread's run.
    @TaskLocal public static var current: LoadedFiles?

    /// What a file was read as.
    public enum Kind: String, Sendable, CaseIterable {
        /// Lua source: the script, what it required, ran or loaded.
        case lua
        /// A C library found by `require`.
        case library
        /// Anything else that was read: checkpoints, images, files opened by the script.
        case data
        /// A path where a Lua module was looked for and not found.
        case missing
        /// A file that the script wrote and had not read before.
        case written
    }

    /// A file, with what tells whether it changed since.
    public struct File: Equatable, Sendable {
        /// An absolute path, with links not resolved.
        public let path: ByteString
        public let kind: Kind
        /// The file's stamp when it was read; nil if there was no file.
        public internal(set) var stamp: FileStamp?
        /// The value of ``LoadedFiles/fingerprint`` when it was read.
        public let fingerprint: String?
        /// Whether the script wrote it: its changes are then the script's own.
        public internal(set) var isWritten = false
        /// Whether the run follows changes of it by itself (`host.live`).
        public internal(set) var isFollowed = false
    }

    private struct Record {
        var order: [ByteString] = []
        var files: [ByteString: File] = [:]
        var fingerprint: (@Sendable (ByteString) -> String?)?
    }
    private let record = Mutex(Record())

    public init() {}

    /// Computed for every regular file when it is recorded, before it can change; nil (the default) for none. Pipes and
    /// devices are left out, as reading them may not end.
    public var fingerprint: (@Sendable (ByteString) -> String?)? {
        get { record.withLock { $0.fingerprint } }
        set { record.withLock { $0.fingerprint = newValue } }
    }

    /// All recorded files, in the order in which they were first recorded.
    public var all: [File] { record.withLock { record in record.order.compactMap { record.files[$0] } } }

    /// Records a file that is about to be read or written. The latest reading counts; reading a file that the script
    /// wrote itself does not.
    public func note(_ path: some ByteStringConvertible, _ kind: Kind) {
        let path = LoadedFiles.absolute(path)
        let (known, compute) = record.withLock { ($0.files[path], $0.fingerprint) }
        if kind == .written { return noteWritten(path, known) }
        if known?.isWritten == true || (kind == .missing && known != nil) { return }
        let stamp = FileStamp(path)
        // Lua source that is also read as text stays Lua source.
        let kept = known?.kind == .lua && kind == .data ? .lua : kind
        if let known, known.kind == kept, known.stamp == stamp, compute == nil || known.fingerprint != nil { return }
        let readable = stamp?.isRegular == true && kind != .missing
        var file = File(path: path, kind: kept, stamp: stamp, fingerprint: readable ? compute?(path) : nil)
        file.isFollowed = known?.isFollowed ?? false
        put(file)
    }

    /// The record of a file.
    public func file(_ path: some ByteStringConvertible) -> File? {
        let path = LoadedFiles.absolute(path)
        return record.withLock { $0.files[path] }
    }

    /// Restores an earlier record of a file: the run does not use the newer version.
    public func restore(_ file: File) { put(file) }

    /// Marks a file whose changes the run follows by itself.
    public func follow(_ path: some ByteStringConvertible) {
        guard var file = file(path) else { return }
        file.isFollowed = true
        put(file)
    }

    /// At the end of a run: the contents that it wrote into its own Lua files count as read, so that later changes are
    /// noticed.
    public func acceptWritten() {
        for var file in all where file.kind == .lua && file.isWritten {
            file.stamp = FileStamp(file.path)
            file.isWritten = false
            put(file)
        }
    }

    private func noteWritten(_ path: ByteString, _ known: File?) {
        var file = known ?? File(path: path, kind: .written, stamp: nil, fingerprint: nil)
        guard !file.isWritten else { return }
        file.isWritten = true
        put(file)
    }

    private func put(_ file: File) {
        record.withLock { record in
            if record.files.updateValue(file, forKey: file.path) == nil { record.order.append(file.path) }
        }
    }

    /// The absolute path. Only `.` is removed: the meaning of `..` depends on links.
    public static func absolute(_ path: some ByteStringConvertible) -> ByteString {
        var whole = path.byteString
        if !whole.hasPrefix("/") {
            guard let folder = ByteString.workingFolder else { return whole }
            whole = folder + "/" + whole
        }
        let parts = whole.bytes.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual([UInt8(ascii: ".")]) }
        return "/" + ByteString(Array(parts.joined(separator: [UInt8(ascii: "/")])))
    }
}

/// Tells versions of a file apart without reading it. Saving by rename gives a new inode number, writing in place a new
/// time.
public struct FileStamp: Equatable, Sendable {
    private let device: UInt64
    private let number: UInt64
    /// In bytes.
    public let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64
    /// Whether it is a regular file, not a folder, pipe or device.
    public let isRegular: Bool

    /// Nil when there is no such file.
    public init?(_ path: some ByteStringConvertible) {
        var status = stat()
        guard path.byteString.withCString({ stat($0, &status) }) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        seconds = Int64(time.tv_sec)
        nanoseconds = Int64(time.tv_nsec)
    }
}

extension LoadedFiles {
    /// Files that have changed since they were read, and missing ones that now exist. Files written by the script,
    /// devices and the system's own files, which change all the time, are left out.
    /// - Parameter duringRun: whether to leave out files that the run follows by itself.
    public func changed(duringRun: Bool) -> [ByteString] {
        all.filter { file in
            guard !file.isWritten, file.kind != .written, !(duringRun && file.isFollowed) else { return false }
            let stamp = FileStamp(file.path)
            guard stamp != file.stamp else { return false }
            if file.kind == .data, !LoadedFiles.keepsStill(file, stamp) { return false }
            return !isSame(file, stamp)
        }.map(\.path)
    }

    private static func keepsStill(_ file: File, _ now: FileStamp?) -> Bool {
        let isRegular = file.stamp?.isRegular ?? now?.isRegular ?? false
        return isRegular && !file.path.hasPrefix("/proc/") && !file.path.hasPrefix("/sys/")
    }

    /// Whether the contents are unchanged although the stamp differs; the new stamp is then recorded.
    private func isSame(_ file: File, _ stamp: FileStamp?) -> Bool {
        guard let before = file.fingerprint, stamp?.isRegular == true, fingerprint?(file.path) == before else {
            return false
        }
        record.withLock { record in
            // Unless the run has recorded it again meanwhile.
            if record.files[file.path] == file { record.files[file.path]?.stamp = stamp }
        }
        return true
    }
}
