import Scripting
import Tensors
import Testing

@testable import Files

@Suite struct SafetensorsTests {
    @Test func readsEveryType() throws {
        let dict = try Checkpoint.load(Fixture.path("types.safetensors"))
        try expectEveryType(dict)
        #expect(dict.metadata == ["made by": "torch \"quoted\" \u{e9}\n"])
    }

    @Test(arguments: DType.allCases) func roundTrip(dtype: DType) throws {
        let base = try Tensor(ramp(24, by: dtype.isFloating ? 0.25 : 1), shape: [2, 3, 4], dtype)
        var dict = StateDict(metadata: ["quote": "\"\\\u{1}\n\t\r\u{1F600}", "": ""])
        dict["contiguous"] = base
        dict["permuted"] = try base.permute([2, 0, 1])
        dict["slice"] = try base.slice(2, from: 1, count: 2, step: 2)
        dict["expanded"] = try base.select(0, 1).select(0, 0).expand([3, 4])
        dict["scalar"] = try Tensor(dtype.isFloating ? -1.5 : -2, dtype)
        dict["empty"] = try Tensor.zeros([3, 0, 2], dtype)
        dict["odd \"name\" \u{e9}/\u{1F600}"] = try Tensor([1], shape: [1], dtype)
        try Fixture.withFolder { folder in
            let path = folder + "/x.safetensors"
            try Checkpoint.save(path, dict)
            let back = try Checkpoint.load(path)
            #expect(back.names == dict.names)
            #expect(back.metadata == dict.metadata)
            for (name, tensor) in dict.entries { try expect(back[name], tensor.shape, dtype, try tensor.toArray()) }
        }
    }

    @Test func mixedTypesStayAlignedAndInOrder() throws {
        let dict = StateDict([
            ("half", try Tensor([1], shape: [1], .float16)), ("double", try Tensor([2], shape: [1], .float64)),
            ("single", try Tensor([3], shape: [1], .float32)),
        ])
        try Fixture.withFolder { folder in
            try Checkpoint.save(folder + "/x.safetensors", dict)
            #expect(try Checkpoint.load(folder + "/x.safetensors").names == ["half", "double", "single"])
            let header = try SafetensorsHeader(try InputFile(folder + "/x.safetensors", for: "test"))
            for entry in header.entries { #expect(entry.offset % (entry.type.width ?? 1) == 0) }
        }
    }
}
