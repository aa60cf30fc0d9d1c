import Foundation
import LuaFlow

@testable import Files

extension Parser {
    /// The pickle machine alone, and the tensors it describes over an archive whose storage `0` has 64 bytes.
    static let pickle = Parser(
        name: "pickle", seeds: [".pt"],
        extract: { path in
            let archive = try ZipArchive(InputFile(path, for: "seeds"))
            let pickle = archive.entries.firstIndex { TorchCheckpoint.isPickle($0.name) }
            return try pickle.map { try archive.bytes($0, limit: 1 << 20) } ?? []
        }
    ) { input in
        guard let archive = storages.archive else { fatalError("the archive beside the pickle is wrong") }
        for (_, tensor) in try TorchCheckpoint.read(input.array, in: "archive/", of: archive).entries { try touch(tensor) }
    }

    /// Used by one thread.
    private struct Storages: @unchecked Sendable {
        let archive: ZipArchive?

        init() {
            let path = FileManager.default.temporaryDirectory
                .appendingPathComponent("luaflow-fuzz-storages-\(ProcessInfo.processInfo.processIdentifier)").path
            try? Data(Storages.zip).write(to: URL(fileURLWithPath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            archive = try? ZipArchive(InputFile(path, for: "fuzz"))
        }

        /// A stored entry `archive/data/0` of 64 zero bytes.
        private static var zip: [UInt8] {
            func word(_ value: Int, _ count: Int) -> [UInt8] {
                (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            }
            let name = Array("archive/data/0".utf8)
            // Version, flags, method, time and date; checksum of 64 zeros; both sizes; the name's length.
            let fields = word(0, 2) + word(0, 2) + word(0, 4) + word(0x758d_6336, 4) + word(64, 4) + word(64, 4)
                + word(name.count, 2)
            let local = word(0x0403_4b50, 4) + word(20, 2) + fields + word(0, 2) + name + [UInt8](repeating: 0, count: 64)
            let entry = word(0x0201_4b50, 4) + word(20, 2) + word(20, 2) + fields + word(0, 12) + word(0, 4) + name
            return local + entry + word(0x0605_4b50, 4) + word(0, 4) + word(1, 2) + word(1, 2) + word(entry.count, 4)
                + word(local.count, 4) + word(0, 2)
        }
    }

    private static let storages = Storages()
}
