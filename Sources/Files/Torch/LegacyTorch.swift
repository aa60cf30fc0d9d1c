import Scripting
import Tensors

/// The format of `torch.save` before PyTorch 1.6 (`_use_new_zipfile_serialization=False`): five pickles in sequence (a
/// magic number, the version, the machine, the object, the storages' keys), then for each storage, in the order of the
/// keys, its element count in 8 bytes and its bytes, always little-endian.
enum LegacyTorch {
    private static let version = 1001

    /// - Throws: for a malformed pickle or tensor, and when the storages do not fill the rest of the file.
    static func read(
        _ file: InputFile, _ options: ReadingOptions = ReadingOptions(), choosing isWanted: (([String]) -> Bool)? = nil
    ) throws -> StateDict {
        let magic = try PickleMachine.load(file, at: 0)
        let version = try PickleMachine.load(file, at: magic.end)
        guard case .integer(LegacyTorch.version) = version.heap[version.root] else {
            throw file.report.error(
                "torch.save's old format of another version than \(LegacyTorch.version)", at: magic.end)
        }
        let machine = try PickleMachine.load(file, at: version.end)
        let object = try PickleMachine.load(file, at: machine.end)
        let keys = try PickleMachine.load(file, at: object.end)
        guard case .list(let references) = keys.heap[keys.root] else {
            throw file.report.error(
                "\(keys.heap.kind(keys.root)) where the list of storages is expected", at: object.end)
        }
        let names = try references.map { reference in
            guard case .text(let name) = keys.heap[reference] else {
                throw file.report.error("\(keys.heap.kind(reference)) among the names of storages", at: object.end)
            }
            return name
        }
        let places = try places(names, object.heap, file, from: keys.end)
        let weights = try TorchContents(object.heap, object.root, file.report).weights(isWanted)
        let loader = TorchStorageLoader(FileStorages(file: file, places: places), .little, object.heap, options)
        return try TorchCheckpoint.gathered(weights, loader, file.report, options)
    }

    /// The position of each storage's bytes in the file.
    private static func places(
        _ names: [String], _ heap: PickleHeap, _ file: InputFile, from start: Int
    ) throws -> [String: Int] {
        let described = Dictionary(
            heap.storages.filter { $0.part == nil }.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        var places: [String: Int] = [:]
        var position = start
        for name in names {
            guard let storage = described[name], let bytes = storage.type.byteCount(storage.count) else {
                throw file.report.error("storage \(shown(name)) belongs to no tensor", at: position)
            }
            guard places[name] == nil else {
                throw file.report.error("storage \(shown(name)) comes twice", at: position)
            }
            let count = try file.bytes(at: position, count: 8, "the size of storage \(shown(name))")
                .reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard count == UInt64(storage.count) else {
                throw file.report.error(
                    "storage \(shown(name)) of \(storage.count) elements is followed by \(count), which it does not "
                        + "hold",
                    at: position)
            }
            try file.check(position + 8, bytes, "storage \(shown(name))")
            places[name] = position + 8
            position += 8 + bytes
        }
        guard position == file.size else {
            throw file.report.error("\(file.size - position) bytes follow the last storage", at: position)
        }
        return places
    }
}

/// Storages that follow each other in a file.
private struct FileStorages: TorchStorages {
    let file: InputFile
    let places: [String: Int]

    var report: Report { file.report }

    func check(_ storage: TorchStorage, _ name: String) throws { _ = try place(storage, name) }

    func read(_ storage: TorchStorage, into buffer: UnsafeMutableRawBufferPointer) throws {
        try file.read(at: try place(storage, storage.key), into: buffer, "storage \(shown(storage.key))")
    }

    private func place(_ storage: TorchStorage, _ name: String) throws -> Int {
        guard let place = places[storage.key] else {
            throw report.error("tensor \(shown(name)): the file has no storage \(shown(storage.key))")
        }
        return place
    }
}
