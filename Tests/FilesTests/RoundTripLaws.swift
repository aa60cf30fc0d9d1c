import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// Every tensor that can be made can be saved and comes back with the same bits, in every format that is written.
@Suite struct RoundTripLaws {
    static let names = [
        "w", "a.b", "layer.0.weight", "with space", "quote\"back\u{2F}slash", "\u{e9}", "日本", "\u{1F600}", "'", "{}",
        ",", ":", "x.npy",
        "__metadata", "-", "0", "a/b/c", String(repeating: "n", count: 300),
    ]

    /// Elements with all kinds of bits: NaNs with payloads, both zeros, subnormals, infinities, and random ones.
    static func bits(_ count: Int, _ dtype: DType, _ generator: Generator) throws -> Tensor {
        let tensor = try Tensor.zeros([count], dtype)
        let bytes = tensor.storage.bytes.assumingMemoryBound(to: UInt8.self)
        for index in 0..<count * dtype.stride { bytes[index] = UInt8(generator.below(dtype == .bool ? 2 : 256)) }
        let special: [UInt64] =
            switch dtype {
            case .float16: [0x8000, 0x0001, 0x7c00, 0xfc00, 0x7e01, 0xfd55, 0x03ff]
            case .float32: [0x8000_0000, 1, 0x7f80_0000, 0xff80_0000, 0x7fc0_0001, 0xffa5_5555, 0x007f_ffff]
            case .bool: []
            case .int64: [1 << 63, 1, 1 << 53 + 1, UInt64.max, 1 << 63 - 1]
            case .float64:
                [1 << 63, 1, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff8 << 48 | 1, 0xfff5_5555_5555_5555, 1 << 52 - 1]
            }
        for (index, pattern) in special.enumerated() where index < count {
            for byte in 0..<dtype.stride {
                bytes[index * dtype.stride + byte] = UInt8(truncatingIfNeeded: pattern >> UInt64(8 * byte))
            }
        }
        return tensor
    }

    static func shape(_ generator: Generator) -> [Int] {
        switch generator.below(8) {
        case 0: []
        case 1: [0]
        case 2: [generator.below(3), 0, generator.below(4)]
        case 3: [Int](repeating: 1, count: Shape.maxRank)
        case 4: [Int](repeating: 1, count: Shape.maxRank - 3) + [2, 3, 2]
        default: (0..<generator.below(5)).map { _ in 1 + generator.below(4) }
        }
    }

    /// A view of a larger tensor, in one of the layouts that views have.
    static func laidOut(_ shape: [Int], _ dtype: DType, _ generator: Generator) throws -> Tensor {
        let count = try Shape.count(shape)
        let offset = generator.below(4)
        let tensor = try bits(count + offset, dtype, generator).slice(0, from: offset, count: count).reshape(shape)
        guard shape.count >= 2 else { return tensor }
        switch generator.below(4) {
        case 0: return try tensor.permute(Array(shape.indices.reversed()))
        case 1: return try tensor.select(0, 0).unsqueeze(0).expand([3] + shape.dropFirst())
        case 2 where shape[shape.count - 1] > 1:
            let last = shape.count - 1
            return try tensor.slice(last, from: 0, count: (shape[last] + 1) / 2, step: 2)
        default: return tensor
        }
    }

    static func pattern(_ tensor: Tensor) throws -> [UInt8] {
        let flat = try tensor.contiguous()
        return Array(
            UnsafeRawBufferPointer(
                start: flat.storage.bytes + flat.offset * flat.dtype.stride, count: flat.count * flat.dtype.stride))
    }

    @Test(arguments: [".safetensors", ".npz", ".npy"]) func everyTensorComesBack(ending: String) throws {
        try Fixture.withFolder { folder in
            for seed in 0..<200 {
                let generator = Generator(seed: UInt64(seed))
                var dict = StateDict()
                for _ in 0..<(ending == ".npy" ? 1 : 1 + generator.below(4)) {
                    var shape = Self.shape(generator)
                    if shape.first == 0, generator.below(2) == 0 { shape = [2, 3] }
                    let dtype = DType.allCases[generator.below(DType.allCases.count)]
                    let name = ending == ".npy" ? Npy.name : Self.names[generator.below(Self.names.count)]
                    let isEmpty = shape.contains(0)
                    dict[name] = isEmpty ? try Tensor.zeros(shape, dtype) : try Self.laidOut(shape, dtype, generator)
                }
                try Checkpoint.save(folder + "/x" + ending, dict)
                let back = try Checkpoint.load(folder + "/x" + ending)
                #expect(back.names == dict.names, "seed \(seed)")
                for (name, tensor) in dict.entries {
                    let read = try #require(back[name], "seed \(seed): \(name)")
                    #expect(read.shape == tensor.shape && read.dtype == tensor.dtype, "seed \(seed): \(name)")
                    #expect(
                        try Self.pattern(read) == Self.pattern(tensor), "seed \(seed): \(name), shape \(tensor.shape)")
                }
            }
        }
    }

    /// Every way to make a tensor has the same limit on dimensions, so that no tensor exceeds what the formats hold.
    @Test func dimensions() throws {
        let most = [Int](repeating: 1, count: Shape.maxRank)
        let tensor = try Tensor.zeros(most)
        for make in [
            { try Tensor.zeros(most + [1]) }, { try tensor.unsqueeze(0) }, { try tensor.reshape(most + [1]) },
            { try tensor.view(most + [1]) }, { try tensor.expand([1] + most) }, { try Tensor([1], shape: most + [1]) },
        ] as [() throws -> Tensor] {
            expectError("65 dimensions; a tensor has at most 64") { _ = try make() }
        }
    }

    /// A conversion keeps every type that the target format has, bit for bit; other types are named in `changes`.
    @Test(
        arguments: [
            ("types.safetensors", ".safetensors", []), ("types.p4.pt", ".safetensors", []),
            ("old.p2.pt", ".safetensors", []),
            ("types.npz", ".npz", []), ("types.npz", ".safetensors", []),
            ("types.safetensors", ".npz", ["bfloat16 -> float32"]),
            ("types.p2.pt", ".npz", ["bfloat16 -> float32"]),
        ] as [(String, String, [String])]) func conversionKeepsTypes(file: String, ending: String, changes: [String])
        throws
    {
        try Fixture.withFolder { folder in
            let done = try Conversion().run(from: Fixture.path(file), to: folder + "/x" + ending, for: "test")
            #expect(done.changes.map(\.change) == changes)
            let (before, after) = (try Checkpoint.load(Fixture.path(file)), try Checkpoint.load(folder + "/x" + ending))
            #expect(done.tensors == before.count && after.names == before.names)
            for (name, tensor) in before.entries {
                #expect(try Self.pattern(tensor) == Self.pattern(try #require(after[name])), "\(name)")
                if before.stored[ByteString(name)] != .bfloat16 || ending == ".safetensors" {
                    #expect(after.stored[ByteString(name)] == before.stored[ByteString(name)], "\(name)")
                }
            }
        }
    }

    @Test func conversionOfRealNumbersOnly() throws {
        try Fixture.withFolder { folder in
            let done = try Conversion(dtype: .float16).run(
                from: Fixture.path("types.safetensors"), to: folder + "/x.safetensors", for: "test")
            let after = try Checkpoint.load(folder + "/x.safetensors")
            #expect(
                after.stored["ramp.f64"] == .float16 && after.stored["ramp.bf16"] == .float16
                    && after.stored["scalar"] == .float32)
            #expect(after.stored["ramp.i64"] == .int64 && after.stored["mask"] == .bool)
            #expect(
                Set(done.changes.map(\.change)) == ["bfloat16 -> float16", "float32 -> float16", "float64 -> float16"])
            expectError("tensor \"z\"") {
                _ = try Conversion().run(from: Fixture.path("complex.pt"), to: folder + "/y.npz", for: "test")
            }
            let rest = try Conversion(skip: true).run(
                from: Fixture.path("complex.pt"), to: folder + "/y.npz", for: "test")
            #expect(rest.tensors == 1 && rest.leftOut.map(\.name) == ["z"])
        }
    }

    @Test func bfloat16IsKeptBitForBit() throws {
        let patterns: [UInt16] = [0x3f80, 0x8000, 0x0001, 0x7fc1, 0xffa5, 0x7f80, 0x4049]
        let header =
            "{\"w\":{\"dtype\":\"BF16\",\"shape\":[\(patterns.count)],\"data_offsets\":[0,\(2 * patterns.count)]}}"
        let bytes = word(header.utf8.count, 8) + Array(header.utf8) + patterns.flatMap { word(Int($0), 2) }
        try Fixture.withFolder { folder in
            try Fixture.write(bytes, to: folder + "/a")
            _ = try Conversion().run(from: folder + "/a", to: folder + "/b.safetensors", for: "test")
            let written = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/b.safetensors")))
            #expect(Array(written.suffix(2 * patterns.count)) == Array(bytes.suffix(2 * patterns.count)))
        }
    }
}
