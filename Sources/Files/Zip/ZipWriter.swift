import CZlib
import Scripting

/// Writes a zip archive of uncompressed entries, in one pass.
///
/// Entries have a fixed date (1 January 1980), so that equal contents give equal files. Sizes and offsets beyond 32
/// bits go into zip64 fields, which are only written then.
/// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
struct ZipWriter {
    private let file: AtomicFile
    private let report: Report
    private var directory: [UInt8] = []
    private var count = 0
    private var position: UInt64 = 0

    private static let date: UInt64 = 1 << 5 | 1
    /// A 32-bit field with this value means that the number is in a zip64 field.
    private static let wide: UInt64 = 0xffff_ffff

    init(_ file: AtomicFile, _ report: Report) {
        (self.file, self.report) = (file, report)
    }

    /// Appends an entry with these pieces as its bytes.
    mutating func add(_ name: String, _ pieces: [UnsafeRawBufferPointer]) throws {
        let path = Array(name.utf8)
        guard path.count <= 0xffff, count < ZipDirectory.limit else {
            throw report.error(
                "zip: "
                    + (path.count > 0xffff ? "the name \(shown(name)) is too long" : "\(count) entries are the most"))
        }
        let size = pieces.reduce(UInt64(0)) { $0 + UInt64($1.count) }
        let sum = try pieces.reduce(UInt(0)) { try ZipWriter.checksum($1, from: $0) }
        let (isLarge, isFar) = (size >= ZipWriter.wide, position >= ZipWriter.wide)
        let shortSize = min(size, ZipWriter.wide)
        // The fields from the version needed (4.5 for zip64), flags (UTF-8) and method to the name's length occur
        // twice.
        let common = words(
            (isLarge || isFar ? 45 : 20, 2), (1 << 11, 2), (0, 2), (0, 2), (ZipWriter.date, 2), (UInt64(sum), 4),
            (shortSize, 4), (shortSize, 4), (UInt64(path.count), 2))
        let sizes = isLarge ? words((size, 8), (size, 8)) : []
        let extra = ZipWriter.extra(sizes + (isFar ? words((position, 8)) : []))
        directory += words((0x0201_4b50, 4), (45, 2))
        directory += common
        directory += words(
            (UInt64(extra.count), 2), (0, 2), (0, 2), (0, 2), (0, 4), (min(position, ZipWriter.wide), 4))
        directory += path
        directory += extra

        let local = ZipWriter.extra(sizes)
        try append(words((0x0403_4b50, 4)) + common)
        try append(words((UInt64(local.count), 2)) + path)
        try append(local)
        for piece in pieces { try file.write(piece) }
        position += size
        count += 1
    }

    /// Writes the directory; no entries can be added afterwards.
    mutating func finish() throws {
        let (start, size) = (position, UInt64(directory.count))
        try append(directory)
        let entries = UInt64(count)
        if entries >= 0xffff || start >= ZipWriter.wide || size >= ZipWriter.wide {
            let record = position
            try append(
                words(
                    (0x0606_4b50, 4), (44, 8), (45, 2), (45, 2), (0, 4), (0, 4), (entries, 8), (entries, 8), (size, 8),
                    (start, 8)))
            try append(words((0x0706_4b50, 4), (0, 4), (record, 8), (1, 4)))
        }
        let few = min(entries, 0xffff)
        try append(
            words(
                (0x0605_4b50, 4), (0, 4), (few, 2), (few, 2), (min(size, ZipWriter.wide), 4),
                (min(start, ZipWriter.wide), 4), (0, 2)))
    }

    private mutating func append(_ bytes: [UInt8]) throws {
        try file.write(bytes)
        position += UInt64(bytes.count)
    }

    /// A zip64 field with these numbers; empty if there are none.
    private static func extra(_ numbers: [UInt8]) -> [UInt8] {
        numbers.isEmpty ? [] : words((1, 2), (UInt64(numbers.count), 2)) + numbers
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, from sum: UInt) throws -> UInt {
        var sum = sum
        for start in stride(from: 0, to: bytes.count, by: InputFile.chunk) {
            try Cancellation.check()
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + InputFile.chunk, bytes.count)])
            sum = crc32(sum, piece.bindMemory(to: UInt8.self).baseAddress, UInt32(piece.count))
        }
        return sum
    }
}

/// Numbers as little-endian bytes, each with its own width.
private func words(_ fields: (value: UInt64, bytes: Int)...) -> [UInt8] {
    fields.flatMap { field in (0..<field.bytes).map { UInt8(truncatingIfNeeded: field.value >> UInt64(8 * $0)) } }
}
