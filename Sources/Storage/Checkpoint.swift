import Scripting
import Tensors

/// Checkpoint files of every known format behind one front: reading goes by what the file contains, writing by its name.
///
///     let weights = try Checkpoint.load("nice.pt", for: "flow.load")
///     try Checkpoint.save("nice.safetensors", weights)
public enum Checkpoint {
    /// Reads a file of named tensors: `.pt`, `.safetensors`.
    /// - Throws: ``ScriptError`` that names `operation`, the file, what is wrong and where; nothing in the file is run.
    public static func load(_ path: String, for operation: String = "checkpoint.load") throws -> StateDict {
        let file = try InputFile(path, for: operation)
        switch try FileKind(file) {
        case .zip: return try TorchCheckpoint.read(try ZipArchive(file))
        case .safetensors: return try Safetensors.read(file)
        case .legacyTorch:
            throw file.report.error(
                "torch.save's format from before PyTorch 1.6; load it there and save it again with torch.save(torch.load(path), path)")
        case .pickle:
            throw file.report.error("a bare pickle, not a checkpoint; save with torch.save(model.state_dict(), path)")
        default: throw file.report.error("not a file of named tensors")
        }
    }

    /// Writes `dict` in the format that the name's extension asks for, replacing the file whole or not at all.
    /// - Throws: on an unknown extension, listing the known; on what the format cannot hold; when writing fails.
    public static func save(_ path: String, _ dict: StateDict, for operation: String = "checkpoint.save") throws {
        try Safetensors.write(dict, to: path, for: operation)
    }
}
