import LuaFlow

@testable import Pictures

extension Parser {
    /// The chunks' checksums are made right first: blind damage would not get past them.
    static let png = Parser(name: "png", seeds: [".png"]) { input in
        var bytes = input.array
        repairChecksums(&bytes)
        try bytes.withUnsafeBytes { bytes in
            try Input(bytes: bytes).withFile { try touch(PNGReader.load($0, for: "fuzz")) }
        }
    }

    /// Chunks follow an eight-byte signature: length, name, data, checksum of name and data.
    private static func repairChecksums(_ bytes: inout [UInt8]) {
        var start = 8
        while start + 12 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = start + 8 + length
            guard end + 4 <= bytes.count else { return }
            let sum = checksum(bytes[start + 4..<end])
            for place in 0..<4 { bytes[end + place] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * place)) }
            start = end + 4
        }
    }

    /// CRC-32, as PNG, zip and gzip have it.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in (sum >> 1) ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}
