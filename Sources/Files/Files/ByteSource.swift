import Scripting

/// A sequence of bytes: a file, a gzip stream, an entry of an archive.
protocol ByteSource: AnyObject {
    var report: Report { get }
    /// An upper bound for the bytes that can still come. Sizes in headers are compared with it before memory is
    /// allocated.
    var mostRemaining: Int { get }
    /// Fills `buffer` with the next bytes; `what` names them in errors.
    /// - Throws: when there are fewer bytes, or they are damaged.
    func read(into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws
    /// True when nothing is left. Throws for damage that is only noticed at the end (a checksum).
    func atEnd() throws -> Bool
}

extension ByteSource {
    /// The next `count` bytes.
    /// - Throws: when there are fewer.
    func bytes(_ count: Int, _ what: String) throws -> [UInt8] {
        try check(count, what)
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[0..<count]), what)
            initialized = count
        }
    }

    /// Throws when fewer than `count` bytes can come.
    func check(_ count: Int, _ what: String) throws {
        guard count <= mostRemaining else {
            throw report.error("cut short: \(what) needs \(count) bytes, at most \(mostRemaining) are left")
        }
    }
}

/// A file, from beginning to end.
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
