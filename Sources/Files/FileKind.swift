import Scripting

/// The format of a file, recognised by its first bytes.
enum FileKind: Equatable {
    case zip, safetensors, npy, idx, gzip, legacyTorch, pickle

    /// - Throws: for an empty file and an unknown format, showing the first bytes.
    init(_ file: InputFile) throws {
        let head = try file.beginning(16)
        guard !head.isEmpty else { throw file.report.error("the file is empty") }
        if head.starts(with: [0x50, 0x4b, 3, 4]) || head.starts(with: [0x50, 0x4b, 5, 6]) {
            self = .zip
        } else if head.starts(with: [0x93] + Array("NUMPY".utf8)) {
            self = .npy
        } else if head.count > 8, head[8] == UInt8(ascii: "{"), head[4..<8].allSatisfy({ $0 == 0 }) {
            // The length of a header in 8 bytes, then a brace. In an IDX file these four bytes would be an extent.
            self = .safetensors
        } else if head.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if FileKind.isLegacyTorch(try file.beginning(32)) {
            self = .legacyTorch
        } else if head.count > 2, head[0] == 0x80, (2...5).contains(head[1]) {
            self = .pickle
        } else if head.count >= 4, head[0] == 0, head[1] == 0, (8...14).contains(head[2]), (1...8).contains(head[3]) {
            self = .idx
        } else {
            let bytes = head.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            throw file.report.error(
                "not a zip archive (.pt, .npz), safetensors, .npy or IDX file: \(file.size) bytes that begin with "
                    + "\(bytes)"
            )
        }
    }

    /// A pickle of torch.save's magic number, an integer of ten bytes. Protocols from 4 on begin with a frame; protocol
    /// 0 writes the number as text.
    private static func isLegacyTorch(_ head: [UInt8]) -> Bool {
        if head.starts(with: "L119547037146038801333356L\n".utf8) { return true }
        guard head.count > 2, head[0] == 0x80, (2...5).contains(head[1]) else { return false }
        let start = head[2] == 0x95 ? 11 : 2
        return head.count > start
            && head[start...].starts(with: [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19])
    }
}
