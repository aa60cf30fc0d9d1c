import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// The fixture files (`make_fixtures.py` made them with PyTorch, safetensors and NumPy), and temporary folders.
enum Fixture {
    static func path(_ name: String) -> String {
        Bundle.module.resourceURL?.appendingPathComponent("Fixtures/\(name)").path ?? name
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// Calls `body` with a temporary folder, and removes it afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("storage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    /// Writes without waiting for the disk, as the tests write hundreds of thousands of small files.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "wb"))
        defer { fclose(file) }
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    /// Loads a checkpoint of these bytes.
    static func load(_ bytes: [UInt8], _ options: ReadingOptions = ReadingOptions()) throws -> StateDict {
        try withFolder { folder in
            try write(bytes, to: folder + "/file")
            return try Checkpoint.load(folder + "/file", options)
        }
    }

    /// Reading must end in tensors or in a ``ScriptError``. Reads every element of the tensors.
    @discardableResult
    static func ends(_ read: () throws -> StateDict) throws -> Bool {
        do {
            for (_, tensor) in try read().entries where tensor.count < 1 << 20 { _ = try tensor.toArray() }
            return true
        } catch is ScriptError {
            return false
        }
    }

    /// ``ends(_:)`` for a checkpoint of these bytes, written to a temporary folder.
    @discardableResult
    static func loads(_ bytes: [UInt8], in folder: String) throws -> Bool {
        try write(bytes, to: folder + "/file")
        return try ends { try Checkpoint.load(folder + "/file") }
    }
}

/// The numbers 0, 1, 2, ... times `step`.
func ramp(_ count: Int, by step: Double = 1) -> [Double] {
    (0..<count).map { Double($0) * step }
}

/// Expects a tensor of that shape, type and content.
func expect(
    _ tensor: Tensor?, _ shape: [Int], _ dtype: DType, _ values: [Double],
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let tensor = try #require(tensor, sourceLocation: sourceLocation)
    #expect(tensor.shape == shape, sourceLocation: sourceLocation)
    #expect(tensor.dtype == dtype, sourceLocation: sourceLocation)
    #expect(try tensor.toArray() == values, sourceLocation: sourceLocation)
}

/// Expects a ``ScriptError`` whose message contains all of `parts`.
func expectError(
    _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    do {
        try body()
        Issue.record("no error; one with \(parts) expected", sourceLocation: sourceLocation)
    } catch let error as ScriptError {
        for part in parts {
            #expect(error.description.contains(part), "\(error.description)", sourceLocation: sourceLocation)
        }
    } catch {
        Issue.record("\(error) is no ScriptError", sourceLocation: sourceLocation)
    }
}
