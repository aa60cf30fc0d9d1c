import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// Messages for files that are no checkpoints; a file's content decides what it is, and not its name.
@Suite struct CheckpointTests {
    @Test func contentDecidesNotTheName() throws {
        try Fixture.withFolder { folder in
            for file in ["tiny.pt", "tiny.safetensors", "version1.npy", "tiny.npz"] {
                try FileManager.default.copyItem(atPath: Fixture.path(file), toPath: folder + "/\(file).txt")
                #expect(try Checkpoint.load(folder + "/\(file).txt").isEmpty == false)
            }
        }
    }

    @Test(arguments: [
        ([], "the file is empty"),
        ([0x50], "1 bytes that begin with 50"),
        (Array("GIF89a.....".utf8), "47 49 46 38"),
        ([0x1f, 0x8b, 8, 0], "data.idx"),
        ([0, 0, 8, 1, 0, 0, 0, 0], "data.idx"),
        ([0x80, 2, 0x7d, 0x2e], "bare pickle"),
        (Array("import os\n".utf8), "not a zip archive"),
    ] as [([UInt8], String)]) func foreignFiles(bytes: [UInt8], complaint: String) {
        expectError("checkpoint.load: ", complaint) { _ = try Fixture.load(bytes) }
    }

    @Test func pathsThatAreNoFiles() throws {
        try Fixture.withFolder { folder in
            expectError("flow.load: \(folder)/none.pt: cannot open: No such file") {
                _ = try Checkpoint.load(folder + "/none.pt", for: "flow.load")
            }
            expectError("is a folder") { _ = try Checkpoint.load(folder) }
            expectError("not a regular file") { _ = try Checkpoint.load("/dev/null") }
            expectError("not a file name") { _ = try Checkpoint.load("") }
            expectError("not a file name") { _ = try Checkpoint.load("a\0b") }
            mkfifo(folder + "/pipe", 0o600)
            expectError("not a regular file") { _ = try Checkpoint.load(folder + "/pipe") }
            try Data([1]).write(to: URL(fileURLWithPath: folder + "/secret"))
            chmod(folder + "/secret", 0)
            if geteuid() != 0 { expectError("Permission denied") { _ = try Checkpoint.load(folder + "/secret") } }
        }
    }

    @Test func anInterruptStopsAReader() throws {
        try Fixture.withFolder { folder in
            let path = folder + "/x.safetensors"
            try Checkpoint.save(path, StateDict([("x", try Tensor.zeros([1000]))]))
            Cancellation.$current.withValue(Cancellation { true }) {
                #expect(throws: Interrupted.self) { _ = try Checkpoint.load(path) }
                #expect(throws: Interrupted.self) { try Checkpoint.save(path, StateDict([("x", try Tensor(1))])) }
            }
            #expect(try Checkpoint.load(path)["x"]?.count == 1000)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x.safetensors"])
        }
    }

    @Test func aStateDictKeepsOrder() throws {
        var dict = StateDict()
        for name in ["b", "a", "c"] { dict[name] = try Tensor(1) }
        dict["b"] = try Tensor(2)
        #expect(dict.names == ["b", "a", "c"])
        dict["a"] = nil
        #expect(dict.names == ["b", "c"])
        #expect(try dict["b"]?.item() == 2)
        #expect(dict["a"] == nil)
    }
}
