import Scripting

/// Bytes that come one after the other: a file, a gzip stream, an entry of an archive.
protocol ByteSource: AnyObject {
    var report: Report { get }
    /// No more bytes than this can still come. What a header promises is held against it before memory is asked for.
    var mostRemaining: Int { get }
    /// Fills `buffer` with the next bytes; `what` names them in the message.
    /// - Throws: when there are not so many, or they are damaged.
    func read(into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws
    /// True when nothing is left. Damage that shows only at the end (a checksum) is thrown.
    func atEnd() throws -> Bool
}

extension ByteSource {
    /// The next `count` bytes.
    /// - Throws: when more are asked for than can come.
    func bytes(_ count: Int, _ what: String) throws -> [UInt8] {
        try check(count, what)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[0..<count]), what)
            initialized = count
        }
    }

    /// Throws when `count` bytes cannot come.
    func check(_ count: Int, _ what: String) throws {
        guard count <= mostRemaining else {
            throw report.error("cut short: \(what) needs \(count) bytes, at most \(mostRemaining) are left")
        }
    }
}

/// A file from its beginning to its end.
final class FileSource: ByteSource {
    private let file: InputFile
    private var position = 0

    init(_ file: InputFile) { self.file = file }

    var report: Report { file.report }
    var mostRemaining: Int { file.size - position }

    func read(into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
        try file.read(at: position, into: buffer, what)
        position += buffer.count
    }

    func atEnd() throws -> Bool { position == file.size }
}
