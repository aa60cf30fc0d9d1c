import Scripting
import Tensors

/// Reads what `torch.save` writes: a zip of one pickle that describes the tensors and one entry of bytes per storage.
enum TorchCheckpoint {
    /// Where training scripts put the weights beside other things.
    static let wrappers = ["model_state_dict", "state_dict", "model"]

    /// The largest pickle that is read, in bytes; a state dict of ten thousand tensors has about two million.
    static let pickleLimit = 64 << 20

    /// - Throws: when the archive, the pickle or a tensor is malformed, or anything but tensors in dictionaries is needed.
    static func read(_ archive: ZipArchive, choosing isWanted: (([String]) -> Bool)? = nil) throws -> StateDict {
        let report = archive.report
        let pickles = archive.entries.indices.filter { isPickle(archive.entries[$0].name) }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw report.error("a zip archive with \(pickles.count) entries data.pkl; torch.save writes one")
        }
        let folder = String(archive.entries[pickle].name.dropLast("data.pkl".count))
        if archive.entries.contains(where: { $0.name.hasPrefix(folder + "code/") || $0.name == folder + "constants.pkl" }) {
            throw report.error("a TorchScript archive; save the weights with torch.save(model.state_dict(), path) instead")
        }
        return try read(try archive.bytes(pickle, limit: pickleLimit), in: folder, of: archive, choosing: isWanted)
    }

    /// The tensors that a pickle describes, whose storages lie in a folder of the archive.
    static func read(
        _ pickle: [UInt8], in folder: String, of archive: ZipArchive, choosing isWanted: (([String]) -> Bool)? = nil
    ) throws -> StateDict {
        let order = try byteOrder(archive, folder)
        let (heap, root) = try PickleMachine.load(pickle, archive.report)
        var loader = TorchStorageLoader(archive: archive, folder: folder, order: order, heap: heap)
        var dict = StateDict()
        for (name, tensor) in try tensors(heap, root, archive.report, isWanted) {
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
        _ heap: PickleHeap, _ root: PickleHeap.Reference, _ report: Report, _ isWanted: (([String]) -> Bool)?
    ) throws -> [(name: String, tensor: Int)] {
        if case .tensor(let tensor) = heap[root] { return [("tensor", tensor)] }
        guard case .dictionary(let pairs) = heap[root] else {
            throw report.error("holds \(heap[root].kind), not a dictionary of tensors")
        }
        let nested = nested(heap, pairs)
        let top = named(heap, pairs)
        let known = wrappers.compactMap { wrapper in nested.first { $0.name == wrapper } }
        let others = nested.filter { !wrappers.contains($0.name) }
        if let isWanted {
            func holds(_ tensors: [(name: String, tensor: Int)]) -> Bool { isWanted(tensors.map(\.name)) }
            if let found = known.first(where: { holds($0.tensors) }) { return found.tensors }
            if holds(top) { return top }
            let fitting = others.filter { holds($0.tensors) }
            guard fitting.count <= 1 else {
                let names = fitting.prefix(8).map { shown($0.name) }.joined(separator: ", ")
                throw report.error("holds several models, under \(names): save one of them, torch.save(checkpoint[\(shown(fitting[0].name))], path)")
            }
            if let found = fitting.first { return found.tensors }
        }
        if let found = known.first { return found.tensors }
        if !top.isEmpty { return top }
        if let only = others.first, others.count == 1 { return only.tensors }
        if !pairs.isEmpty {
            let keys = pairs.prefix(8).map { if case .text(let key) = heap[$0.key] { shown(key) } else { heap[$0.key].kind } }
            throw report.error(
                (others.isEmpty ? "no tensors" : "no tensors at the top, and tensors under several names")
                    + "; the keys are \(keys.joined(separator: ", "))" + (pairs.count > 8 ? ", ..." : ""))
        }
        return []
    }

    /// The dictionaries under the names of this one that hold tensors, in order; of two with one name the last set counts,
    /// as in Python.
    private static func nested(
        _ heap: PickleHeap, _ pairs: [(key: PickleHeap.Reference, value: PickleHeap.Reference)]
    ) -> [(name: String, tensors: [(name: String, tensor: Int)])] {
        var found: [(name: String, tensors: [(name: String, tensor: Int)])] = []
        // A dictionary may stand under a million names; no checkpoint has more than a few.
        for (key, value) in pairs.reversed().prefix(1000) {
            guard case .text(let name) = heap[key], case .dictionary(let inner) = heap[value], !found.contains(where: { $0.name == name })
            else { continue }
            let tensors = named(heap, inner)
            if !tensors.isEmpty { found.append((name, tensors)) }
        }
        return found.reversed()
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
        let storage = try storage(tensor.storage, name)
        // Strides that lead nowhere may be any, and too large to be added to others.
        if tensor.shape.contains(0) { return Tensor(storage: storage, shape: tensor.shape, strides: Shape.strides(tensor.shape), offset: 0) }
        let strides = zip(tensor.shape, tensor.strides).map { extent, stride in extent == 1 ? 1 : stride }
        return Tensor(storage: storage, shape: tensor.shape, strides: strides, offset: tensor.offset)
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
