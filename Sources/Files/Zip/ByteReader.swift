import Scripting

/// Reads little-endian integers from bytes in memory, never past their end.
final class ByteReader {
    let report: Report
    private let bytes: ArraySlice<UInt8>
    private var index: Int
    private let base: Int

    /// - Parameter base: the position of the bytes in the file, for messages.
    init(_ bytes: [UInt8], _ base: Int, _ report: Report) {
        self.bytes = bytes[...]
        index = 0
        self.base = base
        self.report = report
    }

    private init(_ bytes: ArraySlice<UInt8>, _ base: Int, _ report: Report) {
        self.bytes = bytes
        index = bytes.startIndex
        self.base = base
        self.report = report
    }

    var atEnd: Bool { index == bytes.endIndex }
    /// The position in the file.
    var position: Int { base + index }

    func word16() throws -> UInt16 { UInt16(truncatingIfNeeded: try word(2)) }
    func word32() throws -> UInt32 { UInt32(truncatingIfNeeded: try word(4)) }
    func word64() throws -> UInt64 { try word(8) }

    func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - index else { throw report.error("zip: a record is cut short", at: position) }
        defer { index += count }
        return bytes[index..<index + count]
    }

    /// A reader of the next `count` bytes, which this one skips.
    func sub(_ count: Int) throws -> ByteReader {
        ByteReader(try take(count), base, report)
    }

    func skip(_ count: Int) throws {
        _ = try take(count)
    }

    private func word(_ count: Int) throws -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
