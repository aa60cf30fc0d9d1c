import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files that a host's scripts read, in the order of the first reading: what a rerun watches for changes, and what
/// a run's numbers depend on.
///
/// The interpreter notes what Lua's own functions open (`require`, `dofile`, `loadfile`, `io.open`), the rooms that
/// read files note theirs through ``current``, and whoever loads a script file by other means notes it by hand:
///
///     context.service(LoadedFiles.self).note(path, .lua)
public final class LoadedFiles: Service, Sendable {
    /// The record of the run that the current task or thread works for.
    @TaskLocal public static var current: LoadedFiles?

    public enum Kind: String, Sendable, CaseIterable {
        /// Lua source: the script, what it required, ran or loaded.
        case lua
        /// A library in C that `require` found.
        case library
        /// Anything else that was read: checkpoints, pictures, files opened by the script.
        case data
        /// Where a Lua module was sought and was not.
        case missing
        /// A file that the script wrote and had not read before.
        case written
    }

    public struct File: Equatable, Sendable {
        /// Absolute, links not followed.
        public let path: ByteString
        public let kind: Kind
        /// What the file looked like when it was read; nil when there was none.
        public internal(set) var stamp: FileStamp?
        /// What ``LoadedFiles/fingerprint`` said of it when it was read.
        public let fingerprint: String?
        /// The script wrote it, so its changes are the script's own.
        public internal(set) var isWritten = false
        /// The run takes up changes by itself (`host.live`).
        public internal(set) var isFollowed = false
    }

    private struct Record {
        var order: [ByteString] = []
        var files: [ByteString: File] = [:]
        var fingerprint: (@Sendable (ByteString) -> String?)?
    }
    private let record = Mutex(Record())

    public init() {}

    /// Computed of every regular file when it is noted as read, before it can change; nil (the default) for nothing.
    /// Pipes and devices have no end.
    public var fingerprint: (@Sendable (ByteString) -> String?)? {
        get { record.withLock { $0.fingerprint } }
        set { record.withLock { $0.fingerprint = newValue } }
    }

    /// Everything noted, in the order of the first note.
    public var all: [File] { record.withLock { record in record.order.compactMap { record.files[$0] } } }

    /// Notes a file that is about to be read or written. The latest reading counts; what the script itself wrote before
    /// is no reading of something that was there.
    public func note(_ path: some ByteStringConvertible, _ kind: Kind) {
        let path = LoadedFiles.absolute(path)
        let (known, compute) = record.withLock { ($0.files[path], $0.fingerprint) }
        if kind == .written { return noteWritten(path, known) }
        if known?.isWritten == true || (kind == .missing && known != nil) { return }
        let stamp = FileStamp(path)
        // Lua source stays Lua source when it is read as text.
        let kept = known?.kind == .lua && kind == .data ? .lua : kind
        if let known, known.kind == kept, known.stamp == stamp, compute == nil || known.fingerprint != nil { return }
        let readable = stamp?.isRegular == true && kind != .missing
        var file = File(path: path, kind: kept, stamp: stamp, fingerprint: readable ? compute?(path) : nil)
        file.isFollowed = known?.isFollowed ?? false
        put(file)
    }

    /// What is known of a file.
    public func file(_ path: some ByteStringConvertible) -> File? {
        let path = LoadedFiles.absolute(path)
        return record.withLock { $0.files[path] }
    }

    /// Takes back what was noted since: the run does not use that version of the file.
    public func restore(_ file: File) { put(file) }

    /// Says that the run takes up changes of this file by itself.
    public func follow(_ path: some ByteStringConvertible) {
        guard var file = file(path) else { return }
        file.isFollowed = true
        put(file)
    }

    /// The run is over: what it wrote into Lua files that it had read is how they are from now on, and whoever changes
    /// them next is somebody else.
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

    /// The path from the root. Only `.` is taken out: what `..` means depends on links.
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

/// What tells one state of a file from another without reading it. A file saved by renaming another over it has a new
/// number, one written in place a new time.
public struct FileStamp: Equatable, Sendable {
    private let device: UInt64
    private let number: UInt64
    public let size: Int64
    private let seconds: Int64
    private let nanoseconds: Int64
    /// Neither a folder, nor a pipe, nor a device.
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
    /// The files that are no longer what was read, and those that were sought and are there now. What the script wrote
    /// itself is left out, and so are devices and the system's own files, which change all the time.
    /// - Parameter duringRun: without the files that the run follows by itself.
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

    /// Whether a file was only touched. Then it is as good as read anew.
    private func isSame(_ file: File, _ stamp: FileStamp?) -> Bool {
        guard let before = file.fingerprint, stamp?.isRegular == true, fingerprint?(file.path) == before else {
            return false
        }
        record.withLock { record in
            // Unless the run has read it again meanwhile.
            if record.files[file.path] == file { record.files[file.path]?.stamp = stamp }
        }
        return true
    }
}
