import CZlib

/// Makes zip archives, well-formed or with exactly the fault that a test needs.
struct ZipBuilder {
    struct Entry {
        var name: [UInt8]
        var data: [UInt8]
        var method: UInt16 = 0
        var flags: UInt16 = 0
        /// The checksum that the directory states; nil for the right one.
        var crc: UInt32?
        var size: UInt32?
        var compressed: UInt32?
        /// The index of the entry whose header this entry points at, instead of its own.
        var pointsAt: Int?

        init(_ name: String, _ data: [UInt8]) {
            self.name = Array(name.utf8)
            self.data = data
        }
    }

    var entries: [Entry]
    var comment: [UInt8] = []

    init(_ entries: [Entry]) { self.entries = entries }

    /// `archive/data.pkl` and storages.
    init(pickle: [UInt8], storages: [(String, [UInt8])] = []) {
        entries = [Entry("archive/data.pkl", pickle)] + storages.map { Entry("archive/data/\($0.0)", $0.1) }
    }

    var bytes: [UInt8] {
        var file: [UInt8] = []
        var offsets: [Int] = []
        for entry in entries {
            offsets.append(file.count)
            file += word(0x0403_4b50, 4) + word(20, 2) + fields(entry) + word(entry.name.count, 2) + word(0, 2)
            file += entry.name + entry.data
        }
        let start = file.count
        for (index, entry) in entries.enumerated() {
            file += word(0x0201_4b50, 4) + word(20, 2) + word(20, 2) + fields(entry) + word(entry.name.count, 2)
            file += word(0, 2) + word(0, 2) + word(0, 2) + word(0, 2) + word(0, 4)
            file += word(offsets[entry.pointsAt ?? index], 4) + entry.name
        }
        let size = file.count - start
        file += word(0x0605_4b50, 4) + word(0, 4) + word(entries.count, 2) + word(entries.count, 2) + word(size, 4)
        file += word(start, 4) + word(comment.count, 2) + comment
        return file
    }

    private func fields(_ entry: Entry) -> [UInt8] {
        let crc = entry.crc ?? UInt32(crc32(0, entry.data, UInt32(entry.data.count)))
        return word(Int(entry.flags), 2) + word(Int(entry.method), 2) + word(0, 4) + word(Int(crc), 4)
            + word(Int(entry.compressed ?? UInt32(entry.data.count)), 4)
            + word(Int(entry.size ?? UInt32(entry.data.count)), 4)
    }
}

/// A number as `count` little-endian bytes.
func word(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// The bytes compressed as a raw deflate stream, which is what zip entries hold.
func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: bytes.count + 1000)
    var stream = z_stream()
    deflateInit2_(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    var input = bytes
    let count = input.withUnsafeMutableBufferPointer { input in
        result.withUnsafeMutableBufferPointer { output in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            deflate(&stream, Z_FINISH)
            return output.count - Int(stream.avail_out)
        }
    }
    deflateEnd(&stream)
    return Array(result[..<count])
}
