import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

@Suite struct NumpyTests {
    @Test(arguments: ["types.npz", "compressed.npz"]) func readsEveryType(file: String) throws {
        let dict = try Checkpoint.load(Fixture.path(file))
        try expect(dict["f2"], [2, 3], .float16, ramp(6, by: 0.25))
        try expect(dict["f4"], [2, 3], .float32, ramp(6, by: 0.25))
        try expect(dict["f8"], [2, 3], .float64, ramp(6, by: 0.25))
        for type in ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"] { try expect(dict[type], [2, 3], .int64, ramp(6)) }
        try expect(dict["big_endian"], [2, 3], .float32, ramp(6, by: 0.25))
        try expect(dict["big_endian_i2"], [2, 3], .int64, ramp(6))
        try expect(dict["fortran"], [2, 3], .float64, ramp(6, by: 0.25))
        try expect(dict["mask"], [2], .bool, [1, 0])
        try expect(dict["scalar"], [], .float64, [2.5])
        try expect(dict["empty"], [0, 4], .float32, [])
        #expect(dict.count == 17)
    }

    @Test(arguments: [1, 2, 3]) func everyVersion(version: Int) throws {
        let dict = try Checkpoint.load(Fixture.path("version\(version).npy"))
        #expect(dict.names == ["array"])
        try expect(dict["array"], [2, 3], .float32, ramp(6, by: 0.25))
    }

    @Test func columnMajor() throws {
        try expect(try Checkpoint.load(Fixture.path("fortran.npy"))["array"], [3, 2, 2], .float32, ramp(12, by: 0.25))
    }

    @Test(arguments: DType.allCases) func roundTrip(dtype: DType) throws {
        let base = try Tensor(ramp(24, by: dtype.isFloating ? 0.25 : 1), shape: [2, 3, 4], dtype)
        let dict = StateDict([
            ("contiguous", base), ("permuted", try base.permute([2, 0, 1])), ("a/b \u{e9}", try base.select(1, 1)),
            ("scalar", try Tensor(dtype.isFloating ? -1.5 : -2, dtype)),
            ("vector", try Tensor([1, 2], shape: [2], dtype)),
            ("empty", try Tensor.zeros([3, 0, 2], dtype)),
        ])
        try Fixture.withFolder { folder in
            try Checkpoint.save(folder + "/x.npz", dict)
            let back = try Checkpoint.load(folder + "/x.npz")
            #expect(back.names == dict.names)
            for (name, tensor) in dict.entries {
                try expect(back[name], tensor.shape, dtype, try tensor.toArray())
                try Checkpoint.save(folder + "/x.npy", StateDict([(name, tensor)]))
                try expect(try Checkpoint.load(folder + "/x.npy")["array"], tensor.shape, dtype, try tensor.toArray())
            }
        }
    }

    /// The texts of a checkpoint are saved as an array of bytes, which NumPy reads as any other array.
    @Test func metadataComesBack() throws {
        try Fixture.withFolder { folder in
            let metadata: [ByteString: String] = ["prior": "normal", "quote \u{1F600}": "\"\\\n\u{1}", "": ""]
            try Checkpoint.save(folder + "/x.npz", StateDict([("x", try Tensor(3))], metadata: metadata))
            let back = try Checkpoint.load(folder + "/x.npz")
            #expect(back.metadata == metadata && back.names == ["x"])
            try Checkpoint.save(folder + "/y.safetensors", back)
            #expect(try Checkpoint.load(folder + "/y.safetensors").metadata == metadata)
            // Numbers under the metadata's name are a tensor; bytes there that are no metadata are an error.
            let clash = StateDict([("__metadata__", try Tensor([1, 2], shape: [2]))])
            expectError("__metadata__") { try Checkpoint.save(folder + "/z.npz", clash) }
        }
    }

    @Test func writesTheVeryBytesNumPyWrites() throws {
        try Fixture.withFolder { folder in
            let tensor = try Tensor(ramp(6, by: 0.25), shape: [2, 3])
            try Checkpoint.save(folder + "/x.npy", StateDict([("x", tensor)]))
            let ours = try Data(contentsOf: URL(fileURLWithPath: folder + "/x.npy"))
            #expect(Array(ours) == (try Fixture.bytes("version1.npy")))
        }
    }

    @Test func sameArraysSameFile() throws {
        try Fixture.withFolder { folder in
            let dict = StateDict([("x", try Tensor(ramp(6), shape: [2, 3]))])
            try Checkpoint.save(folder + "/a.npz", dict)
            try Checkpoint.save(folder + "/b.npz", dict)
            let files = try ["/a.npz", "/b.npz"].map { try Data(contentsOf: URL(fileURLWithPath: folder + $0)) }
            #expect(files[0] == files[1])
        }
    }

    @Test func refusesWhatItCannotWrite() throws {
        let x = try Tensor(1)
        expectError("not 2", "use .npz") { try Checkpoint.save("x.npy", StateDict([("a", x), ("b", x)])) }
        expectError("cannot be a name") { try Checkpoint.save("x.npz", StateDict([("../a", x)])) }
        expectError(".safetensors, .npz, .npy", "only read") { try Checkpoint.save("x.pt", StateDict([("a", x)])) }
        expectError("__metadata__") { try Checkpoint.save("x.safetensors", StateDict([("__metadata__", x)])) }
    }

    @Test(arguments: [
        ("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "Python objects"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", "element type"),
        ("{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }", "<c8"),
        ("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", "<U3"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "too many"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }", "elements"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", "at most"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "size expected"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", "size expected"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "expected"),
        ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "True or False"),
        ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "twice"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + 1", "follows"),
        ("{'descr': '<f4', 'fortran_order': False}", "expected"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "more bytes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "cut short"),
    ]) func hostileHeaders(header: String, complaint: String) {
        let bytes =
            NpyHeader.magic + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 8)
        expectError(complaint) { _ = try Fixture.load(bytes) }
    }

    @Test func realObjectsAreRefused() {
        expectError("objects.npy", "Python objects") { _ = try Checkpoint.load(Fixture.path("objects.npy")) }
    }
}
