import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A regular file open for reading at any offset. Every read is checked against the file's size first.
final class InputFile {
    let report: Report
    /// The size in bytes when the file was opened.
    let size: Int
    let descriptor: Int32

    /// Large reads are divided into pieces of this size, with checks for cancellation between them.
    static let chunk = 8 << 20

    /// - Throws: when the file does not exist, may not be read (``FileAccess``), or is a folder, pipe or device.
    init(_ path: some ByteStringConvertible, for operation: String) throws {
        report = Report(operation: operation, path: path)
        let path = path.byteString
        guard path.isFileName else { throw report.error("not a file name") }
        try FileAccess.check(.read, path, for: operation)
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw report.systemError("cannot open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let wrong = report.systemError("cannot look at")
            close(descriptor)
            throw wrong
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw report.error(status.st_mode & S_IFMT == S_IFDIR ? "is a folder, not a file" : "is not a regular file")
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

    /// Throws unless `count` bytes from `offset` lie inside the file.
    func check(_ offset: Int, _ count: Int, _ what: String) throws {
        guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
            throw report.error("cut short: \(what) needs \(count) bytes, the file ends at byte \(size)", at: offset)
        }
    }

    /// Fills `buffer` with the bytes from `offset` on; `what` names them in errors.
    /// - Throws: when the file is shorter or reading fails.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
        try check(offset, buffer.count, what)
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            try Cancellation.check()
            let got = pread(descriptor, base + done, min(buffer.count - done, InputFile.chunk), off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw report.systemError("cannot read") }
            guard got > 0 else { throw report.error("shrank while \(what) was read", at: offset + done) }
            done += got
        }
    }

    /// `count` bytes from `offset` on; the caller has limited `count`.
    func bytes(at offset: Int, count: Int, _ what: String) throws -> [UInt8] {
        try check(offset, count, what)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            try read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: raw[0..<count]), what)
            initialized = count
        }
    }

    /// The first bytes, at most `count`, for recognising formats.
    func beginning(_ count: Int) throws -> [UInt8] {
        try bytes(at: 0, count: min(count, size), "the beginning")
    }
}
