import CZlib
import Scripting

/// The decompressed bytes of a gzip file. Several members in sequence are one stream, and zeros may follow the last
/// one; anything else after a member is an error.
final class GzipSource: ByteSource {
    private let file: InputFile
    private let stream: UnsafeMutablePointer<z_stream>
    private var input = [UInt8](repeating: 0, count: 1 << 16)
    /// The part of ``input`` that zlib has not consumed yet.
    private var waiting = 0..<0
    private var position = 0
    private var inflated = 0
    private var inMember = true
    /// A byte that ``atEnd()`` has read ahead.
    private var pushedBack: UInt8?

    private let limit: Int

    /// - Parameter limit: the most bytes that the file may decompress to.
    init(_ file: InputFile, limit: Int = 1 << 30) throws {
        self.file = file
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // A window of 15 bits, plus 16 for the gzip format with its checksum.
        guard inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw file.report.error("gzip: not enough memory")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    var report: Report { file.report }

    /// Deflate makes at most 1032 bytes from one; zlib itself may hold back a window of 32 kB.
    var mostRemaining: Int {
        let compressed = file.size - position + waiting.count
        return min(min(compressed, limit) * 1032 + 65536, limit - inflated)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
        var done = 0
        while done < buffer.count {
            try Cancellation.check()
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<min(buffer.count, done + InputFile.chunk)])
            let got = try inflate(into: rest)
            guard got > 0 else {
                throw report.error("cut short: \(what) needs \(buffer.count) bytes, \(done) came")
            }
            done += got
            inflated += got
            guard inflated <= limit else {
                throw report.error("gzip: inflates to more than \(limit) bytes")
            }
        }
    }

    func atEnd() throws -> Bool {
        guard inMember || position < file.size || !waiting.isEmpty else { return true }
        if pushedBack != nil { return false }
        // Only known by trying: the last member may have only its checksum left, and another may follow.
        var byte: UInt8 = 0
        let got = try withUnsafeMutableBytes(of: &byte) { try inflate(into: $0) }
        if got == 1 { pushedBack = byte }
        return got == 0
    }

    /// Decompresses some bytes, at least one unless the stream has ended.
    private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return 0 }
        if let byte = pushedBack {
            pushedBack = nil
            buffer[0] = byte
            return 1
        }
        while true {
            if waiting.isEmpty { try refill() }
            if !inMember {
                if try isOver() { return 0 }
                guard inflateReset(stream) == Z_OK else { throw report.error("gzip: cannot begin a member") }
                inMember = true
            }
            if waiting.isEmpty { throw report.error("gzip: the stream is cut short", at: position) }
            let room = UInt32(clamping: buffer.count)
            let status = input.withUnsafeMutableBufferPointer { input in
                stream.pointee.next_in = input.baseAddress.map { $0 + waiting.lowerBound }
                stream.pointee.avail_in = UInt32(waiting.count)
                stream.pointee.next_out = base.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = room
                return CZlib.inflate(stream, Z_NO_FLUSH)
            }
            waiting = (waiting.upperBound - Int(stream.pointee.avail_in))..<waiting.upperBound
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                let words = stream.pointee.msg.map { String(cString: $0) } ?? "damaged"
                throw report.error("gzip: \(words)", at: position - waiting.count)
            }
            if status == Z_STREAM_END { inMember = false }
            let got = Int(room - stream.pointee.avail_out)
            if got > 0 { return got }
        }
    }

    /// Whether only zeros are left, which are skipped.
    private func isOver() throws -> Bool {
        var padded = false
        while !waiting.isEmpty {
            guard let next = waiting.first(where: { input[$0] != 0 }) else {
                padded = true
                waiting = 0..<0
                try Cancellation.check()
                try refill()
                continue
            }
            guard next == waiting.lowerBound, !padded else {
                throw report.error(
                    "gzip: something follows the zeros behind the last member",
                    at: position - (waiting.upperBound - next))
            }
            return false
        }
        return true
    }

    private func refill() throws {
        let count = min(input.count, file.size - position)
        guard count > 0 else { return }
        try input.withUnsafeMutableBytes {
            try file.read(at: position, into: UnsafeMutableRawBufferPointer(rebasing: $0[0..<count]), "gzip data")
        }
        position += count
        waiting = 0..<count
    }
}
