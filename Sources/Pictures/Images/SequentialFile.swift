import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A regular file read from the beginning. Folders, pipes and devices are refused, as reading them may never end.
final class SequentialFile {
    private let descriptor: Int32
    /// Whether a read has returned less than it asked for.
    private(set) var ended = false
    /// The size in bytes when the file was opened.
    let size: Int

    init(_ path: ByteString, for operation: String) throws {
        guard !path.contains(0) else {
            throw ScriptError(operation, "a file's name cannot hold a zero byte")
        }
        try FileAccess.check(.read, path, for: operation)
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else {
            throw ScriptError(operation, "cannot open \"\(path)\": \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw ScriptError(operation, "\"\(path)\" is not a regular file")
        }
        do {
            try FileAccess.check(.read, opened: descriptor, path, for: operation)
        } catch {
            close(descriptor)
            throw error
        }
        LoadedFiles.current?.note(path, .data)
        self.descriptor = descriptor
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// The first bytes, at most `count`; the position stays at the beginning.
    func head(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(descriptor, &bytes, count, 0)
        return Array(bytes.prefix(max(got, 0)))
    }

    /// Reads exactly `count` bytes; false when there are fewer.
    func read(into data: UnsafeMutablePointer<UInt8>, count: Int) -> Bool {
        var done = 0
        while done < count {
            let got = systemRead(descriptor, data + done, count - done)
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else {
                ended = got == 0
                return false
            }
            done += got
        }
        return true
    }
}

/// The system's `read`, which the method of that name hides.
private func systemRead(_ descriptor: Int32, _ data: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    read(descriptor, data, count)
}
