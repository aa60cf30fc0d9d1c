import Scripting
import Tensors

/// The place of a checkpoint's storages.
protocol TorchStorages {
    var report: Report { get }
    /// Throws unless the file has all bytes of the storage, which the tensor `name` needs.
    func check(_ storage: TorchStorage, _ name: String) throws
    /// Fills `buffer`, which has the size of the storage.
    func read(_ storage: TorchStorage, into buffer: UnsafeMutableRawBufferPointer) throws
}

/// Makes tensors from a file's storages, each of which is read once: tensors that shared memory when saved share it
/// again.
final class TorchStorageLoader {
    private let storages: any TorchStorages
    private let order: FileElement.Order
    private let heap: PickleHeap
    private let options: ReadingOptions
    private var loaded: [Key: Storage] = [:]

    /// A storage may be viewed as several types.
    private struct Key: Hashable {
        let storage: Int
        let element: FileElement
    }

    init(_ storages: any TorchStorages, _ order: FileElement.Order, _ heap: PickleHeap, _ options: ReadingOptions) {
        (self.storages, self.order, self.heap, self.options) = (storages, order, heap, options)
    }

    private var report: Report { storages.report }

    /// The classes and functions that the pickle names and nothing here knows; of a file that names millions, some.
    var foreign: Set<String> {
        let names = heap.globals.lazy.compactMap { named -> String? in
            if case .foreign(let name) = named.global { name } else { nil }
        }
        return Set(names.prefix(1 << 16))
    }

    /// - Throws: when the view leaves its storage, or the storage is missing or has another size; ``Unreadable``.
    func tensor(_ index: Int, _ name: String) throws -> (tensor: Tensor, stored: FileElement) {
        switch heap.tensors[index] {
        case .unreadable(let reason): throw Unreadable(reason)
        case .strided(let tensor):
            let (element, each) = try tensor.type.numbers(options)
            return (try self.tensor(tensor, element, each, name), element)
        }
    }

    private func tensor(_ tensor: TorchTensor.Strided, _ element: FileElement, _ each: Int, _ name: String) throws
        -> Tensor
    {
        let described = heap.storages[tensor.storage]
        let size = try extent(of: described, as: tensor.type, name)
        guard try fits(tensor, size, name) else {
            throw report.error(
                "tensor \(shown(name)): shape \(Shape.describe(tensor.shape)), strides "
                    + "\(Shape.describe(tensor.strides)) and "
                    + "offset \(tensor.offset) leave its storage of \(size) elements")
        }
        let root = described.part?.root ?? tensor.storage
        let storage = try storage(root, element, name)
        let view = view(tensor, storage, in: described.part, each)
        guard tensor.isNegated || tensor.isConjugated else { return view }
        // For complex tensors: the conjugate negates imaginary parts, the negative both parts.
        guard each == 2 else { return tensor.isNegated ? try view.withSignsTurned(from: 0, every: 1) : view }
        let conjugate = tensor.isConjugated ? try view.withSignsTurned(from: 1, every: 2) : view
        return tensor.isNegated ? try conjugate.withSignsTurned(from: 0, every: 1) : conjugate
    }

    /// The number of elements in the storage as `type`; untyped storages are bytes.
    private func extent(of storage: TorchStorage, as type: StoredType, _ name: String) throws -> Int {
        if type == storage.type { return storage.count }
        guard let bytes = storage.type.byteCount(storage.count), let width = type.width else {
            throw report.error("tensor \(shown(name)): its storage of \(storage.count) elements is too large")
        }
        return bytes / width
    }

    /// The view inside a storage it fits, of numbers of which `each` are one element.
    private func view(
        _ tensor: TorchTensor.Strided, _ storage: Storage, in part: TorchStorage.Part?, _ each: Int
    ) -> Tensor {
        let parts = each == 1 ? [] : [each]
        let shape = tensor.shape + parts
        // Strides of an empty tensor may be anything, also too large to add.
        if shape.contains(0) { return Tensor(storage: storage, shape: shape, strides: Shape.strides(shape), offset: 0) }
        let strides = zip(tensor.shape, tensor.strides).map { extent, stride in extent == 1 ? 1 : stride * each }
        let offset = (part?.offset ?? 0) + tensor.offset
        return Tensor(storage: storage, shape: shape, strides: strides + parts.map { _ in 1 }, offset: offset * each)
    }

    private func fits(_ tensor: TorchTensor.Strided, _ size: Int, _ name: String) throws -> Bool {
        let count = try report.naming { try Shape.count(tensor.shape, for: "tensor \(shown(name))") }
        guard tensor.offset >= 0, tensor.strides.allSatisfy({ $0 >= 0 }) else { return false }
        // A view without numbers may begin anywhere, as in PyTorch: torch.empty(3, 0)[1:] is at 1 of nothing.
        if count == 0 { return true }
        guard tensor.offset <= size else { return false }
        var last = tensor.offset
        for (extent, stride) in zip(tensor.shape, tensor.strides) {
            let (step, wide) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (next, wider) = last.addingReportingOverflow(step)
            guard !wide, !wider else { return false }
            last = next
        }
        return last < size
    }

    private func storage(_ index: Int, _ element: FileElement, _ name: String) throws -> Storage {
        if let storage = loaded[Key(storage: index, element: element)] { return storage }
        let described = heap.storages[index]
        try storages.check(described, name)
        guard let bytes = described.type.byteCount(described.count) else {
            throw report.error("tensor \(shown(name)): its storage of \(described.count) elements is too large")
        }
        guard bytes % element.width == 0 else {
            throw report.error(
                "tensor \(shown(name)): its storage of \(bytes) bytes is no whole number of its elements")
        }
        let storage = try element.storage(count: bytes / element.width, order, report) { buffer in
            try storages.read(described, into: buffer)
        }
        loaded[Key(storage: index, element: element)] = storage
        return storage
    }
}

extension Tensor {
    /// A contiguous copy in which every `step`-th number from `first` on is negated; for floats the sign bit is
    /// flipped, also of NaN. Booleans stay.
    func withSignsTurned(from first: Int, every step: Int) throws -> Tensor {
        let copy = try self.copy()
        func turn<Bits: FixedWidthInteger>(_: Bits.Type) {
            let bits = copy.storage.bytes.assumingMemoryBound(to: Bits.self)
            for index in stride(from: first, to: copy.count, by: step) {
                bits[index] ^= Bits(1) << Bits(Bits.bitWidth - 1)
            }
        }
        switch dtype {
        case .float16: turn(UInt16.self)
        case .float32: turn(UInt32.self)
        case .float64: turn(UInt64.self)
        case .int64:
            let numbers = copy.storage.bytes.assumingMemoryBound(to: Int64.self)
            // As in PyTorch, the least integer, which has no negative, stays.
            for index in stride(from: first, to: copy.count, by: step) { numbers[index] = 0 &- numbers[index] }
        case .bool: throw Unreadable("truth values with the negative bit")
        }
        return copy
    }
}
