import Foundation

/// Something that reads what others wrote.
struct Parser: Sendable {
    let name: String
    /// Fixtures to begin from: their names' endings, and what of each file this parser reads.
    let seeds: [String]
    /// More to begin from.
    var texts: [String] = []
    var extract: @Sendable (_ path: String) throws -> [UInt8] = { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
    /// Must return, or throw a `ScriptError` or a `LuaError`.
    let read: @Sendable (Input) throws -> Void

    /// All of them. A new one is a file in `Parsers` and its name here.
    static let catalogue: [Parser] = [
        .safetensors, .torch, .legacy, .pickle, .npy, .npz, .idx, .checkpoint, .png, .lua, .check, .capsule,
    ]
}

extension Parser {
    /// Larger files make slow seeds and bring nothing new.
    private static let largest = 64 << 10

    /// Copies what the repository's tests and scripts read into the corpus.
    func writeSeeds(from repository: URL, to corpus: URL) throws {
        try FileManager.default.createDirectory(at: corpus, withIntermediateDirectories: true)
        for (number, text) in texts.enumerated() {
            try Data(text.utf8).write(to: corpus.appendingPathComponent("text-\(number)"))
        }
        for folder in ["Tests", "scripts"] {
            let files = FileManager.default.enumerator(
                at: repository.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard seeds.contains(where: { file.lastPathComponent.hasSuffix($0) }) else { continue }
                // Some fixtures are wrong on purpose and have no such part.
                guard let bytes = try? extract(file.path), bytes.count <= Parser.largest else { continue }
                let name = file.deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
                try Data(bytes).write(to: corpus.appendingPathComponent("\(name)-\(file.lastPathComponent)"))
            }
        }
    }
}
