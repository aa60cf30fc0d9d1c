import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// Small valid files with every byte changed, and cut off at every length: they load, or there is a ScriptError; never
/// a crash.
@Suite struct CorruptionTests {
    static let files = [
        "tiny.pt", "old.tiny.pt", "tiny.safetensors", "version1.npy", "version2.npy", "tiny.npz", "deflated.npz",
    ]

    @Test(arguments: files) func everyByteChanged(file: String) throws {
        let whole = try Fixture.bytes(file)
        try Fixture.withFolder { folder in
            #expect(try Fixture.loads(whole, in: folder))
            for bytes in changed(whole) { try Fixture.loads(bytes, in: folder) }
        }
    }

    @Test(arguments: files) func everyLength(file: String) throws {
        let whole = try Fixture.bytes(file)
        try Fixture.withFolder { folder in
            for length in whole.indices {
                let loaded = try Fixture.loads(Array(whole[..<length]), in: folder)
                #expect(!loaded, "the first \(length) bytes loaded")
            }
            let loaded = try Fixture.loads(whole + [0], in: folder)
            #expect(!loaded, "a byte too many was not noticed")
        }
    }

    /// A changed byte in a zip would be found by its checksum alone, so the pickle is changed after the archive was
    /// opened.
    @Test func everyByteOfAPickleChanged() throws {
        let tensor = Pickle.tensor(Pickle.storage(count: 4), [2, 2], [2, 1])
        let whole = Pickle.dictionary([
            ("epoch", [0x4b, 3]), ("w", tensor), ("v", Pickle.tensor(Pickle.storage(count: 4), [4], [1])),
        ])
        let zip = ZipBuilder(pickle: whole, storages: [("0", [UInt8](repeating: 0, count: 16))])
        try Fixture.withFolder { folder in
            try Fixture.write(zip.bytes, to: folder + "/file")
            let archive = try ZipArchive(try InputFile(folder + "/file", for: "test"))
            let read = { pickle in try Fixture.ends { try TorchCheckpoint.read(pickle, in: "archive/", of: archive) } }
            #expect(try read(whole))
            for index in whole.indices {
                for change in (0..<8).map({ UInt8(1) << $0 }) + [0xff] {
                    var pickle = whole
                    pickle[index] ^= change
                    _ = try read(pickle)
                }
                #expect(try !read(Array(whole[..<index])))
            }
        }
    }

    @Test(arguments: ["types.idx", "digits.idx.gz", "single.idx.gz"]) func idx(file: String) throws {
        let whole = try Fixture.bytes(file)
        try Fixture.withFolder { folder in
            for bytes in changed(whole) + whole.indices.map({ Array(whole[..<$0]) }) {
                try Fixture.write(bytes, to: folder + "/file")
                try Fixture.ends {
                    StateDict(try IDX.load(folder + "/file").enumerated().map { ("\($0.offset)", $0.element) })
                }
            }
        }
    }

    /// Several random bytes changed, in all formats; seeded, so that a failure can be repeated.
    @Test(arguments: files) func randomBytes(file: String) throws {
        let generator = Generator(seed: 1)
        let whole = try Fixture.bytes(file)
        try Fixture.withFolder { folder in
            for _ in 0..<300 {
                var bytes = whole
                for _ in 0...generator.below(4) { bytes[generator.below(bytes.count)] = UInt8(generator.below(256)) }
                try Fixture.loads(bytes, in: folder)
            }
        }
    }

    /// The file with each of its bytes changed: the lowest bit, the highest bit, and all bits inverted.
    private func changed(_ whole: [UInt8]) -> [[UInt8]] {
        whole.indices.flatMap { index in
            ([0x01, 0x80, 0xff] as [UInt8]).map { change in
                var bytes = whole
                bytes[index] ^= change
                return bytes
            }
        }
    }
}
