import Scripting

/// The opcodes by which a pickle names and makes objects: here nothing but dictionaries, storages and tensors.
extension PickleMachine {
    mutating func object(_ opcode: UInt8) throws -> Bool {
        switch opcode {
        case UInt8(ascii: "c"): try pushGlobal(module: try line(), name: try line())  // GLOBAL
        case 0x93:  // STACK_GLOBAL
            let names = try pop(2).map { heap[$0] }
            guard case .text(let module) = names[0], case .text(let name) = names[1] else {
                throw error("STACK_GLOBAL without two names")
            }
            try pushGlobal(module: module, name: name)
        case UInt8(ascii: "Q"): try pushStorage()  // BINPERSID
        case UInt8(ascii: "R"): try reduce()
        case UInt8(ascii: "b"): try build()
        default: return false
        }
        return true
    }

    private mutating func pushGlobal(module: String, name: String) throws {
        guard let global = TorchGlobal(module: module, name: name) else {
            throw error("refused to touch \(shown("\(module).\(name)")), which a state dict of tensors does not need; of a whole model save the weights alone, torch.save(model.state_dict(), path)")
        }
        try push(.global(global))
    }

    /// BUILD hands an object its attributes. Only dictionaries come with some (`_metadata`), and nothing reads those.
    private mutating func build() throws {
        let state = try pop()
        let target = try top()
        guard case .dictionary = heap[target] else { throw error("BUILD on \(heap[target].kind), which is no dict") }
        switch heap[state] {
        case .dictionary, .none: break
        default: throw error("BUILD from \(heap[state].kind), which is no dict")
        }
    }

    /// The persistent id of a storage: `('storage', type, key, location, element count)`.
    private mutating func pushStorage() throws {
        let id = try pop()
        guard case .tuple(let parts) = heap[id], parts.count == 5, case .text("storage") = heap[parts[0]],
            case .global(.storage(let element)) = heap[parts[1]], case .text(let key) = heap[parts[2]],
            case .integer(let count) = heap[parts[4]], count >= 0
        else { throw error("a persistent id that is not ('storage', type, key, location, count)") }
        let storage = TorchStorage(key: key, element: element, count: count)
        if let known = storagePositions[key] {
            guard heap.storages[known] == storage else { throw error("storage \(shown(key)) is described in two ways") }
            return try push(.storage(known))
        }
        storagePositions[key] = heap.storages.count
        heap.storages.append(storage)
        try push(.storage(heap.storages.count - 1))
    }

    private mutating func reduce() throws {
        let arguments = try pop()
        let callee = try pop()
        guard case .global(let global) = heap[callee] else { throw error("REDUCE of \(heap[callee].kind)") }
        guard case .tuple(let items) = heap[arguments] else { throw error("REDUCE with \(heap[arguments].kind) for arguments") }
        switch global {
        case .orderedDict:
            guard items.isEmpty else { throw error("OrderedDict with arguments") }
            try push(.dictionary([]))
        case .size:
            guard items.count == 1, case .tuple = heap[items[0]] else { throw error("torch.Size of something else than a tuple") }
            try push(items[0])
        case .inert(let name): try push(.opaque(name))
        case .rebuildParameter:
            guard items.count >= 1, case .tensor = heap[items[0]] else { throw error("a parameter without a tensor") }
            try push(items[0])
        case .rebuildTensor: try pushTensor(items, 4...4)
        case .rebuildTensorV2: try pushTensor(items, 6...7)
        case .storage: throw error("a storage type is called")
        }
    }

    /// `(storage, offset, size, stride, requires_grad, hooks, metadata)`
    private mutating func pushTensor(_ items: [PickleHeap.Reference], _ counts: ClosedRange<Int>) throws {
        guard counts.contains(items.count), case .storage(let storage) = heap[items[0]],
            case .integer(let offset) = heap[items[1]],
            let shape = integers(items[2]), let strides = integers(items[3]), shape.count == strides.count
        else { throw error("a tensor that is not (storage, offset, size, stride, ...)") }
        guard shape.count <= 64 else { throw error("a tensor of \(shape.count) dimensions") }
        heap.tensors.append(TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides))
        try push(.tensor(heap.tensors.count - 1))
    }

    private func integers(_ reference: PickleHeap.Reference) -> [Int]? {
        // No tensor has more dimensions; a long tuple used a million times would take as long to read as it has numbers.
        guard case .tuple(let items) = heap[reference], items.count <= 1000 else { return nil }
        var numbers: [Int] = []
        for item in items {
            guard case .integer(let number) = heap[item] else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
