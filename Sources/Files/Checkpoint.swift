import Scripting
import Tensors

/// Checkpoint files of all known formats: the format is recognised by a file's contents when reading, and chosen by its
/// name when writing.
///
///     let weights = try Checkpoint.load("nice.pt", for: "flow.load")
///     try Checkpoint.save("nice.safetensors", weights)
public enum Checkpoint {
    /// The extensions that ``save(_:_:for:)`` can write.
    public static let writable = [".safetensors", ".npz", ".npy"]

    /// Reads a file of named tensors: `.pt`, `.safetensors`, `.npz`, and `.npy`, whose one array is named `array`.
    /// - Parameters:
    ///   - isWanted: whether these are the names that the reader looks for; decides which of several state dicts in a
    ///     `.pt` is meant.
    ///   - options: what to do with tensors that cannot be read.
    /// - Throws: ``ScriptError`` that names `operation`, the file, the fault and its position; nothing in the file is
    ///   executed.
    public static func load(
        _ path: some ByteStringConvertible, for operation: String = "checkpoint.load",
        _ options: ReadingOptions = ReadingOptions(),
        choosing isWanted: (([String]) -> Bool)? = nil
    ) throws -> StateDict {
        let file = try InputFile(path, for: operation)
        switch try FileKind(file) {
        case .zip:
            let archive = try ZipArchive(file)
            return Npz.isNpz(archive)
                ? try Npz.read(archive, options) : try TorchCheckpoint.read(archive, options, choosing: isWanted)
        case .safetensors: return try Safetensors.read(file, options)
        case .npy: return try Npy.read(file, options)
        case .idx, .gzip: throw file.report.error("not a checkpoint; IDX files, gzip or not, are read by data.idx")
        case .legacyTorch: return try LegacyTorch.read(file, options, choosing: isWanted)
        case .pickle:
            throw file.report.error("a bare pickle, not a checkpoint; save with torch.save(model.state_dict(), path)")
        }
    }

    /// Writes `dict` in the format of the name's extension, replacing the file whole or not at all.
    ///
    /// `.npy` has no place for metadata, and drops it with the tensor's name.
    /// - Throws: ``ScriptError`` for an unknown extension (listing the known ones), for what the format cannot hold,
    ///   and when writing fails. An existing file is then unchanged.
    public static func save(
        _ path: some ByteStringConvertible, _ dict: StateDict, for operation: String = "checkpoint.save"
    ) throws {
        let path = path.byteString
        let name = ByteString(path.text.lowercased())
        switch writable.first(where: { name.hasSuffix(ByteString($0)) }) {
        case ".safetensors": try Safetensors.write(dict, to: path, for: operation)
        case ".npz": try Npz.write(dict, to: path, for: operation)
        case ".npy": try Npy.write(dict, to: path, for: operation)
        default:
            throw Report(operation: operation, path: path).error(
                "the name must end in \(writable.joined(separator: ", ")), which says the format to write"
                    + (name.hasSuffix(".pt") || name.hasSuffix(".pth") ? "; .pt is only read" : ""))
        }
    }

    /// Writes `dict` as safetensors whatever the file's name is, whole or not at all: for our own files, which
    /// ``load(_:for:_:choosing:)`` recognises.
    package static func saveSafetensors(
        _ path: ByteString, _ dict: StateDict, for operation: String
    ) throws {
        try Safetensors.write(dict, to: path, for: operation)
    }
}

extension Checkpoint {
    /// Writes the state from which a run of ours continues as safetensors, under any name, whole or not at all.
    package static func saveState(_ path: ByteString, _ dict: StateDict, for operation: String) throws {
        try Safetensors.write(dict, to: path, for: operation)
    }
}
