import Scripting
import Tensors

/// Reads what `torch.save` writes: a zip of one pickle that describes the tensors and one entry of bytes per storage.
enum TorchCheckpoint {
    /// Where training scripts put the weights beside other things.
    static let wrappers = ["model_state_dict", "state_dict", "model"]

    /// The largest pickle that is read, in bytes; a state dict of ten thousand tensors has about two million.
    static let pickleLimit = 64 << 20

    /// - Throws: when the archive, the pickle or a tensor is malformed, or anything but tensors in dictionaries is needed.
    static func read(_ archive: ZipArchive) throws -> StateDict {
        let report = archive.report
        let pickles = archive.entries.indices.filter { isPickle(archive.entries[$0].name) }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw report.error("a zip archive with \(pickles.count) entries data.pkl; torch.save writes one")
        }
        let folder = String(archive.entries[pickle].name.dropLast("data.pkl".count))
        if archive.entries.contains(where: { $0.name.hasPrefix(folder + "code/") || $0.name == folder + "constants.pkl" }) {
            throw report.error("a TorchScript archive; save the weights with torch.save(model.state_dict(), path) instead")
        }
        return try read(try archive.bytes(pickle, limit: pickleLimit), in: folder, of: archive)
    }

    /// The tensors that a pickle describes, whose storages lie in a folder of the archive.
    static func read(_ pickle: [UInt8], in folder: String, of archive: ZipArchive) throws -> StateDict {
        let order = try byteOrder(archive, folder)
        let (heap, root) = try PickleMachine.load(pickle, archive.report)
        var loader = TorchStorageLoader(archive: archive, folder: folder, order: order, heap: heap)
        var dict = StateDict()
        for (name, tensor) in try tensors(heap, root, archive.report) {
            dict[name] = try loader.tensor(tensor, name)
        }
        return dict
    }

    static func isPickle(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 2 && parts.last == "data.pkl"
    }

    private static func byteOrder(_ archive: ZipArchive, _ folder: String) throws -> FileElement.Order {
        guard let position = archive.position(of: folder + "byteorder") else { return .little }
        switch String(decoding: try archive.bytes(position, limit: 100), as: UTF8.self) {
        case "little": return .little
        case "big": return .big
        case let other: throw archive.report.error("byte order \(shown(other)); little or big expected")
        }
    }

    /// The named tensors of the dictionary that holds the weights, in its order.
    private static func tensors(
        _ heap: PickleHeap, _ root: PickleHeap.Reference, _ report: Report
    ) throws -> [(name: String, tensor: Int)] {
        if case .tensor(let tensor) = heap[root] { return [("tensor", tensor)] }
        guard case .dictionary(let pairs) = heap[root] else {
            throw report.error("holds \(heap[root].kind), not a dictionary of tensors")
        }
        for wrapper in wrappers {
            // The last one set counts, as in Python.
            guard let inner = pairs.last(where: { isText(heap[$0.key], wrapper) }),
                case .dictionary(let innerPairs) = heap[inner.value]
            else { continue }
            let found = named(heap, innerPairs)
            if !found.isEmpty { return found }
        }
        let found = named(heap, pairs)
        if found.isEmpty, !pairs.isEmpty {
            let keys = pairs.prefix(8).map { if case .text(let key) = heap[$0.key] { shown(key) } else { heap[$0.key].kind } }
            throw report.error(
                "no tensors at the top or under \(wrappers.joined(separator: ", ")); the keys are \(keys.joined(separator: ", "))"
                    + (pairs.count > 8 ? ", ..." : ""))
        }
        return found
    }

    private static func isText(_ node: PickleHeap.Node, _ text: String) -> Bool {
        if case .text(text) = node { true } else { false }
    }

    private static func named(
        _ heap: PickleHeap, _ pairs: [(key: PickleHeap.Reference, value: PickleHeap.Reference)]
    ) -> [(name: String, tensor: Int)] {
        pairs.compactMap { key, value in
            guard case .text(let name) = heap[key], case .tensor(let tensor) = heap[value] else { return nil }
            return (name, tensor)
        }
    }
}

/// Makes tensors of the archive's storages, each read once: tensors that shared memory when saved share it again.
struct TorchStorageLoader {
    let archive: ZipArchive
    let folder: String
    let order: FileElement.Order
    let heap: PickleHeap
    private var loaded: [Int: Storage] = [:]

    init(archive: ZipArchive, folder: String, order: FileElement.Order, heap: PickleHeap) {
        self.archive = archive
        self.folder = folder
        self.order = order
        self.heap = heap
    }

    /// - Throws: when the view leaves its storage, or the storage's entry is missing or has another size.
    mutating func tensor(_ index: Int, _ name: String) throws -> Tensor {
        let tensor = heap.tensors[index]
        let described = heap.storages[tensor.storage]
        guard try fits(tensor, described.count, name) else {
            throw archive.report.error(
                "tensor \(shown(name)): shape \(Shape.describe(tensor.shape)), strides \(Shape.describe(tensor.strides)) and "
                    + "offset \(tensor.offset) leave its storage of \(described.count) elements")
        }
        return Tensor(
            storage: try storage(tensor.storage, name), shape: tensor.shape, strides: tensor.strides, offset: tensor.offset)
    }

    private func fits(_ tensor: TorchTensor, _ size: Int, _ name: String) throws -> Bool {
        let count = try archive.report.naming { try Shape.count(tensor.shape, for: "tensor \(shown(name))") }
        guard tensor.offset >= 0, tensor.offset <= size, tensor.strides.allSatisfy({ $0 >= 0 }) else { return false }
        if count == 0 { return true }
        var last = tensor.offset
        for (extent, stride) in zip(tensor.shape, tensor.strides) {
            let (step, wide) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (next, wider) = last.addingReportingOverflow(step)
            guard !wide, !wider else { return false }
            last = next
        }
        return last < size
    }

    private mutating func storage(_ index: Int, _ name: String) throws -> Storage {
        if let storage = loaded[index] { return storage }
        let described = heap.storages[index]
        let entryName = folder + "data/" + described.key
        guard let position = archive.position(of: entryName) else {
            throw archive.report.error("tensor \(shown(name)): the archive has no entry \(shown(entryName))")
        }
        let entry = archive.entries[position]
        guard described.element.byteCount(described.count) == entry.size else {
            throw archive.report.error(
                "tensor \(shown(name)): its storage has \(described.count) elements, which entry \(shown(entryName)) of \(entry.size) bytes does not hold")
        }
        // Before memory for it is asked for.
        try archive.checkSize(entry)
        let storage = try described.element.storage(count: described.count, order, archive.report) { buffer in
            try archive.read(position, into: buffer)
        }
        loaded[index] = storage
        return storage
    }
}
