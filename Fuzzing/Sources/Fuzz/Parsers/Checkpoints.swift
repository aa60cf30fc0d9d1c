import LuaFlow

@testable import Files

extension Parser {
    static let safetensors = Parser(name: "safetensors", seeds: [".safetensors"]) { input in
        try input.withFile { try touch(Safetensors.read(InputFile($0, for: "fuzz"))) }
    }

    static let npy = Parser(name: "npy", seeds: [".npy"]) { input in
        try input.withFile { try touch(Npy.read(InputFile($0, for: "fuzz"), ReadingOptions(complexAsPairs: true))) }
    }

    static let npz = Parser(name: "npz", seeds: [".npz"]) { input in
        try input.withFile { try touch(Npz.read(ZipArchive(InputFile($0, for: "fuzz")))) }
    }

    /// Plain and gzip.
    static let idx = Parser(name: "idx", seeds: [".idx", ".idx.gz"]) { input in
        try input.withFile { for tensor in try IDX.load($0) { try touch(tensor) } }
    }

    /// Zip and pickle together; damage to the pickle is mostly caught by the zip's checksum, so see ``pickle``.
    static let torch = Parser(name: "torch", seeds: [".pt"]) { input in
        try input.withFile { try touch(TorchCheckpoint.read(ZipArchive(InputFile($0, for: "fuzz")))) }
    }

    /// The format before 1.6: five pickles and the storages behind them, without checksums.
    static let legacy = Parser(name: "legacy", seeds: [".pt"]) { input in
        try input.withFile { try touch(LegacyTorch.read(InputFile($0, for: "fuzz"), ReadingOptions(complexAsPairs: true))) }
    }

    /// The front that tells the formats apart.
    static let checkpoint = Parser(
        name: "checkpoint", seeds: [".pt", ".safetensors", ".npy", ".npz", ".idx", ".idx.gz"]
    ) { input in
        try input.withFile { try touch(Checkpoint.load($0)) }
    }

    private static func touch(_ dict: StateDict) throws {
        for (_, tensor) in dict.entries { try touch(tensor) }
    }

    /// Reads every element, so that one outside its storage is noticed.
    static func touch(_ tensor: Tensor) throws {
        // A few bytes may rightly describe a large view: strides of zero repeat an element.
        if tensor.count < 1 << 16 { _ = try tensor.toArray() }
    }
}
