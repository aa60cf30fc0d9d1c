import Scripting

/// A zip archive's central directory, read and checked by us before libzip gets the file.
///
/// libzip does not check whether two entries claim the same bytes. By that a small file can contain endless data
/// without a suspicious entry, and two programs can be made to see different files.
struct ZipDirectory {
    struct Entry {
        let name: String
        /// 0: stored as it is; 8: deflated.
        let method: UInt16
        let crc: UInt32
        let compressed: Int
        let size: Int
        /// The offset of the entry's local header.
        let offset: Int
        /// Why its bytes cannot be read, if so; other entries may be readable.
        let problem: String?
    }

    let entries: [Entry]

    /// More than any checkpoint has; limits the work for a hostile directory.
    static let limit = 100_000
    static let byteLimit = 1 << 28

    /// - Throws: on a missing or malformed directory, duplicate names, and entries that overlap each other or the
    ///   directory.
    init(_ file: InputFile) throws {
        let place = try Place(file)
        guard place.size <= ZipDirectory.byteLimit else {
            throw file.report.error(
                "zip: a directory of \(place.size) bytes; at most \(ZipDirectory.byteLimit) make sense")
        }
        let workspace = Workspace()
        try workspace.take(place.size)
        let reader = ByteReader(
            try file.bytes(at: place.offset, count: place.size, "the zip directory"), place.offset, file.report)
        var entries: [Entry] = []
        var names = Set<ByteString>()
        for _ in 0..<place.count {
            try workspace.take(200)
            let entry = try ZipDirectory.entry(reader)
            guard names.insert(ByteString(entry.name)).inserted else {
                throw file.report.error("zip: entry \(shown(entry.name)) comes twice")
            }
            entries.append(entry)
        }
        guard reader.atEnd else {
            throw file.report.error("zip: the directory holds more than its \(place.count) entries")
        }
        self.entries = entries
        try checkOverlaps(file, end: place.offset)
    }

    /// Throws unless each entry's header and bytes end before the next one's begin, and the last before the directory.
    private func checkOverlaps(_ file: InputFile, end: Int) throws {
        var reached = 0
        for (index, entry) in entries.enumerated().sorted(by: { $0.element.offset < $1.element.offset }) {
            if index % 1000 == 0 { try Cancellation.check() }
            guard entry.offset >= reached else {
                throw file.report.error("zip: entry \(shown(entry.name)) overlaps the one before it", at: entry.offset)
            }
            let header = ByteReader(
                try file.bytes(at: entry.offset, count: 30, "a zip entry"), entry.offset, file.report)
            guard try header.word32() == 0x0403_4b50 else {
                throw file.report.error("zip: entry \(shown(entry.name)) has no local header", at: entry.offset)
            }
            try header.skip(22)
            let names = Int(try header.word16()) + Int(try header.word16())
            let (last, overflow) = (entry.offset + 30 + names).addingReportingOverflow(entry.compressed)
            guard !overflow, last <= end else {
                throw file.report.error(
                    "zip: entry \(shown(entry.name)) runs into the directory or past it", at: entry.offset)
            }
            reached = last
        }
    }

    private static func entry(_ reader: ByteReader) throws -> Entry {
        let start = reader.position
        guard try reader.word32() == 0x0201_4b50 else {
            throw reader.report.error("zip: a directory entry expected", at: start)
        }
        try reader.skip(4)
        let flags = try reader.word16()
        let method = try reader.word16()
        try reader.skip(4)
        let crc = try reader.word32()
        var (compressed, size) = (UInt64(try reader.word32()), UInt64(try reader.word32()))
        let lengths = (
            name: Int(try reader.word16()), extra: Int(try reader.word16()), comment: Int(try reader.word16())
        )
        try reader.skip(8)
        var offset = UInt64(try reader.word32())
        let raw = try reader.take(lengths.name)
        let extra = try reader.sub(lengths.extra)
        try reader.skip(lengths.comment)

        guard let name = String(validating: raw, as: UTF8.self), !name.isEmpty else {
            throw reader.report.error(
                "zip: entry name \(shown(String(decoding: raw, as: UTF8.self))) is not allowed", at: start)
        }
        let problem: String? =
            if flags & 1 != 0 {
                "is encrypted"
            } else if method != 0, method != 8 {
                "is compressed by method \(method); only stored and deflated are read"
            } else {
                nil
            }
        // Sizes that do not fit 32 bits are in an extra field, in this order and only where needed.
        while !extra.atEnd {
            let (tag, count) = (try extra.word16(), Int(try extra.word16()))
            let field = try extra.sub(count)
            guard tag == 1 else { continue }
            if size == 0xffff_ffff { size = try field.word64() }
            if compressed == 0xffff_ffff { compressed = try field.word64() }
            if offset == 0xffff_ffff { offset = try field.word64() }
        }
        guard let compressed = Int(exactly: compressed), let size = Int(exactly: size),
            let offset = Int(exactly: offset),
            method != 0 || problem != nil || compressed == size
        else { throw reader.report.error("zip: entry \(shown(name)) has impossible sizes", at: start) }
        return Entry(
            name: name, method: method, crc: crc, compressed: compressed, size: size, offset: offset, problem: problem)
    }

    /// Whether the name would be harmless when unpacking the archive into files. Nothing is unpacked here; NumPy writes
    /// names that would not be.
    static func isHarmless(_ name: String) -> Bool {
        let slash = UInt8(ascii: "/")
        return !name.isEmpty && name.utf8.first != slash
            && !name.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\\") }
            && !ByteString(name).split(at: slash).contains { $0 == ".." || $0 == "." }
    }

    /// The position of the directory, from the records at the archive's end.
    private struct Place {
        let offset: Int
        let size: Int
        let count: Int

        init(_ file: InputFile) throws {
            let report = file.report
            // The end record has 22 bytes and a comment of at most 65535 that reaches to the end of the file.
            let tail = min(file.size, 22 + 65535)
            let bytes = try file.bytes(at: file.size - tail, count: tail, "the zip directory")
            guard tail >= 22, let at = (0...tail - 22).reversed().first(where: { Place.isEndRecord(bytes, $0) }) else {
                throw report.error("zip: no directory at the end of the file; it may be cut short")
            }
            let start = file.size - tail + at
            let end = ByteReader(Array(bytes[at..<at + 22]), start, report)
            try end.skip(4)
            guard try end.word16() == 0, try end.word16() == 0 else {
                throw report.error("zip: an archive in several parts")
            }
            let (here, total) = (UInt64(try end.word16()), UInt64(try end.word16()))
            guard here == total else { throw report.error("zip: the end record disagrees with itself", at: start) }
            var place = (count: total, size: UInt64(try end.word32()), offset: UInt64(try end.word32()))
            var limit = start
            // PyTorch always writes the zip64 record, others only when a number does not fit the old one.
            if let (wide, at) = try Place.wide(file, before: start) {
                guard place.count == 0xffff || place.count == wide.count,
                    place.size == 0xffff_ffff || place.size == wide.size,
                    place.offset == 0xffff_ffff || place.offset == wide.offset
                else { throw report.error("zip: the two end records disagree", at: at) }
                (place, limit) = (wide, at)
            }
            guard place.count <= UInt64(ZipDirectory.limit) else {
                throw report.error("zip: \(place.count) entries are too many")
            }
            guard let offset = Int(exactly: place.offset), let size = Int(exactly: place.size),
                offset <= limit, size == limit - offset
            else { throw report.error("zip: the directory is not where the end record says", at: start) }
            self.offset = offset
            self.size = size
            count = Int(place.count)
        }

        /// Whether an end record and its comment are at `at` and reach to the end.
        private static func isEndRecord(_ bytes: [UInt8], _ at: Int) -> Bool {
            guard bytes[at] == 0x50, bytes[at + 1] == 0x4b, bytes[at + 2] == 5, bytes[at + 3] == 6 else { return false }
            let comment = Int(bytes[at + 20]) | Int(bytes[at + 21]) << 8
            return at + 22 + comment == bytes.count
        }

        /// The zip64 end record, with what does not fit the old one, and its position; nil if there is none.
        private static func wide(_ file: InputFile, before end: Int) throws -> (
            (count: UInt64, size: UInt64, offset: UInt64), Int
        )? {
            let report = file.report
            guard end >= 20 else { return nil }
            let locator = ByteReader(try file.bytes(at: end - 20, count: 20, "the zip64 locator"), end - 20, report)
            guard try locator.word32() == 0x0706_4b50 else { return nil }
            try locator.skip(4)
            guard let at = Int(exactly: try locator.word64()), at <= end - 20 else {
                throw report.error("zip: the zip64 record is not where the locator says", at: end - 20)
            }
            let record = ByteReader(try file.bytes(at: at, count: 56, "the zip64 record"), at, report)
            guard try record.word32() == 0x0606_4b50 else { throw report.error("zip: no zip64 record", at: at) }
            try record.skip(20)
            let (here, total) = (try record.word64(), try record.word64())
            guard here == total else { throw report.error("zip: the zip64 record disagrees with itself", at: at) }
            return ((total, try record.word64(), try record.word64()), at)
        }
    }
}
