import Scripting

/// The opcodes that name and make objects: dictionaries, storages and tensors; everything else becomes a placeholder,
/// which causes an error only where it is needed.
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
        case UInt8(ascii: "Q"): try pushPersistent()  // BINPERSID
        case UInt8(ascii: "R"): try call("REDUCE", arguments: try pop(), callee: try pop())
        case 0x81: try call("NEWOBJ", arguments: try pop(), callee: try pop())
        case 0x92:  // NEWOBJ_EX, which has arguments by name on top
            _ = try pop()
            try call("NEWOBJ_EX", arguments: try pop(), callee: try pop())
        case UInt8(ascii: "i"):  // INST
            try pushGlobal(module: try line(), name: try line())
            let callee = try pop()
            try call("INST", items: Array(try popToMark()), callee: callee)
        case UInt8(ascii: "o"):  // OBJ
            let items = try popToMark()
            guard let callee = items.first else { throw error("OBJ without a class") }
            try call("OBJ", items: Array(items.dropFirst()), callee: callee)
        case UInt8(ascii: "b"): try build()
        default: return false
        }
        return true
    }

    private mutating func pushGlobal(module: String, name: String) throws {
        guard !TorchGlobal.isHostile(module: module, name: name) else {
            throw error(PickleMachine.refusal("\(module).\(name)"))
        }
        heap.globals.append((TorchGlobal(module: module, name: name), start))
        try push(.global(heap.globals.count - 1))
    }

    static func refusal(_ name: String) -> String {
        "refused to touch \(shown(name)), which a state dict of tensors does not need; of a whole model save the "
            + "weights alone, "
            + "torch.save(model.state_dict(), path)"
    }

    /// BUILD sets an object's attributes. Those of dictionaries (`_metadata`) are not needed; a placeholder keeps them.
    private mutating func build() throws {
        let state = try pop()
        let target = try top()
        switch heap[target] {
        case .dictionary: break
        case .object(let index): return heap.setState(state, of: index)
        default: throw error("BUILD on \(heap.kind(target)), which is no dict")
        }
        switch heap[state] {
        case .dictionary, .none, .tuple, .object: break
        default: throw error("BUILD from \(heap.kind(state)), which is no dict")
        }
    }

    /// The persistent id of a storage: `('storage', type, key, location, element count)`, before 1.6 followed by `(key
    /// of a part, first element, element count)` or None; or that of a class with its source: `('module', class, ...)`.
    private mutating func pushPersistent() throws {
        let id = try pop()
        guard case .tuple(let parts) = heap[id], parts.count >= 2, case .text(let word) = heap[parts[0]] else {
            throw error("a persistent id that is not ('storage', type, key, location, count)")
        }
        if word == "module" { return try push(parts[1]) }
        guard word == "storage", parts.count == 5 || parts.count == 6, case .global(let index) = heap[parts[1]],
            case .storage(let type) = heap.globals[index].global, case .text(let key) = heap[parts[2]],
            case .integer(let count) = heap[parts[4]], count >= 0
        else { throw error("a persistent id that is not ('storage', type, key, location, count)") }
        let root = try storage(TorchStorage(key: key, type: type, count: count))
        guard parts.count == 6, case .tuple(let view) = heap[parts[5]] else { return try push(.storage(root)) }
        guard view.count == 3, case .text(let part) = heap[view[0]], case .integer(let offset) = heap[view[1]],
            case .integer(let extent) = heap[view[2]], offset >= 0, extent >= 0, offset <= count,
            extent <= count - offset
        else { throw error("a part that leaves its storage \(shown(key)) of \(count) elements") }
        try push(
            .storage(
                try storage(TorchStorage(key: part, type: type, count: extent, part: .init(root: root, offset: offset)))
            ))
    }

    /// The index of a storage in the heap's list.
    private mutating func storage(_ storage: TorchStorage) throws -> Int {
        if let known = storagePositions[storage.key] {
            guard heap.storages[known] == storage else {
                throw error("storage \(shown(storage.key)) is described in two ways")
            }
            return known
        }
        try workspace.take(PickleHeap.tensorBytes)
        storagePositions[storage.key] = heap.storages.count
        heap.storages.append(storage)
        return heap.storages.count - 1
    }

    private mutating func call(_ opcode: String, arguments: PickleHeap.Reference, callee: PickleHeap.Reference) throws {
        switch heap[callee] {
        case .global, .object: break
        default: throw error("\(opcode) of \(heap.kind(callee))")
        }
        guard case .tuple(let items) = heap[arguments] else {
            throw error("\(opcode) with \(heap.kind(arguments)) for arguments")
        }
        try call(opcode, items: items, callee: callee)
    }

    private mutating func call(_ opcode: String, items: [PickleHeap.Reference], callee: PickleHeap.Reference) throws {
        switch heap[callee] {
        case .global(let index): try call(heap.globals[index].global, items, heap.globals[index].place)
        // A class or function that was itself made by a call.
        case .object(let index): try pushPlaceholder(heap.objects[index].name, heap.objects[index].place)
        default: throw error("\(opcode) of \(heap.kind(callee))")
        }
    }

    private mutating func pushPlaceholder(_ name: String, _ place: Int) throws {
        try workspace.take(PickleHeap.nodeBytes)
        try push(heap.placeholder(name, place))
    }

    private mutating func call(_ global: TorchGlobal, _ items: [PickleHeap.Reference], _ place: Int) throws {
        switch global {
        case .dictionary(let kind): try pushDictionary(kind, items)
        case .collection(let name):
            guard items.count <= 1 else { throw error("\(name) of \(items.count) things") }
            guard let only = items.first else { return try push(.list([])) }
            switch heap[only] {
            case .list, .tuple: try push(only)
            default: try push(.opaque("a \(name)"))
            }
        case .size:
            guard items.count == 1, case .tuple = heap[items[0]] else {
                throw error("torch.Size of something else than a tuple")
            }
            try push(items[0])
        case .dtype(let name, _): try push(.opaque(name))
        case .rebuild(.tensor): try pushTensor(items, 4...4)
        case .rebuild(.tensorV2): try pushTensor(items, 6...7)
        case .rebuild(.tensorV3): try pushTensor(items, 7...8)
        case .rebuild(.parameter):
            // (data, requires_grad, hooks, attributes)
            guard let data = items.first else { throw error("a parameter without a tensor") }
            switch heap[data] {
            case .tensor: try push(data)
            case .object(let index):
                let object = heap.objects[index]
                try pushUnreadable(
                    "a parameter of a class of its own, which is not read: refused to touch \(shown(object.name)) "
                        + "(\(self.place(object.place)))")
            default: throw error("a parameter without a tensor")
            }
        case .rebuild(.fromType):
            // (function, class, its arguments, attributes): a tensor of a subclass, with the numbers of a plain one.
            guard items.count >= 3, case .global(let index) = heap[items[0]],
                case .tuple(let arguments) = heap[items[2]]
            else {
                throw error("a tensor that is not (function, class, arguments, ...)")
            }
            switch heap.globals[index].global {
            case .rebuild(.fromType): throw error("a tensor of a class of a class")
            // A jagged tensor, or whatever else a class makes itself: a tensor all the same, so it has a name.
            case .foreign(let name):
                try pushUnreadable(
                    "a tensor of a class of its own, which is not read: refused to touch \(shown(name)) "
                        + "(\(self.place(heap.globals[index].place)))")
            case let inner: try call(inner, arguments, heap.globals[index].place)
            }
        case .unreadable(let name, let kind):
            try pushUnreadable("\(kind), which is not read: refused to touch \(shown(name)) (\(self.place(place)))")
        case .storage: throw error("a storage type is called")
        case .foreign(let name): try pushPlaceholder(name, place)
        }
    }

    /// Python 2 passes an OrderedDict its items as a list of pairs; a Counter gets a dict, a defaultdict first the
    /// function for missing values.
    private mutating func pushDictionary(_ kind: TorchGlobal.Mapping, _ items: [PickleHeap.Reference]) throws {
        let items = kind == .defaulting ? Array(items.dropFirst()) : items
        guard items.count <= 1 else { throw error("a dict with \(items.count) arguments") }
        guard let given = items.first else { return try push(.dictionary([])) }
        switch heap[given] {
        case .dictionary(let pairs):
            try copying(pairs.count)
            try push(.dictionary(pairs))
        case .list(let elements), .tuple(let elements):
            try copying(elements.count)
            var pairs: [(key: PickleHeap.Reference, value: PickleHeap.Reference)] = []
            for element in elements {
                switch heap[element] {
                case .list(let pair) where pair.count == 2, .tuple(let pair) where pair.count == 2:
                    pairs.append((pair[0], pair[1]))
                default: throw error("a dict of \(heap.kind(element)), which is no pair")
                }
            }
            try push(.dictionary(pairs))
        default: throw error("a dict of \(heap.kind(given))")
        }
    }

    /// Counts copied elements, which a few bytes of a pickle can double again and again.
    private mutating func copying(_ count: Int) throws {
        copied += count
        guard copied <= PickleHeap.limit else { throw error("more than \(PickleHeap.limit) objects") }
        try workspace.take(count * PickleHeap.nodeBytes)
    }

    private mutating func pushUnreadable(_ reason: String) throws {
        try workspace.take(PickleHeap.tensorBytes)
        heap.tensors.append(.unreadable(reason))
        try push(.tensor(heap.tensors.count - 1))
    }

    /// `(storage, offset, size, stride, requires_grad, hooks, state)`; version 3 has the dtype before the state.
    /// requires_grad and hooks belong to a program and are ignored.
    private mutating func pushTensor(_ items: [PickleHeap.Reference], _ counts: ClosedRange<Int>) throws {
        guard counts.contains(items.count), case .storage(let storage) = heap[items[0]],
            case .integer(let offset) = heap[items[1]],
            let shape = integers(items[2]), let strides = integers(items[3]), shape.count == strides.count
        else { throw error("a tensor that is not (storage, offset, size, stride, ...)") }
        guard shape.count <= 64 else { throw error("a tensor of \(shape.count) dimensions") }
        var type = heap.storages[storage].type
        if counts.lowerBound == 7 {
            guard case .global(let index) = heap[items[6]], case .dtype(_, let given) = heap.globals[index].global
            else {
                return try pushUnreadable("its type, \(heap.kind(items[6])), is not known")
            }
            type = given
        }
        var tensor = TorchTensor.Strided(storage: storage, type: type, offset: offset, shape: shape, strides: strides)
        if items.count == counts.upperBound, counts.upperBound > 6,
            let problem = read(state: items[items.count - 1], into: &tensor)
        {
            return try pushUnreadable(problem)
        }
        try workspace.take(PickleHeap.tensorBytes)
        heap.tensors.append(.strided(tensor))
        try push(.tensor(heap.tensors.count - 1))
    }

    /// PyTorch's lazy flags: `{"conj": True, "neg": True}`.
    /// - Returns: the reason why the tensor cannot be read, if the state holds anything else.
    private func read(state: PickleHeap.Reference, into tensor: inout TorchTensor.Strided) -> String? {
        if case .none = heap[state] { return nil }
        guard case .dictionary(let pairs) = heap[state] else {
            return "its state is \(heap.kind(state)), which is not known"
        }
        for (key, value) in pairs {
            guard case .text(let name) = heap[key] else { return "its state has a key that is \(heap.kind(key))" }
            guard case .boolean(let flag) = heap[value] else {
                return "its state \(shown(name)) is \(heap.kind(value)), not a bool"
            }
            switch name {
            case "neg": tensor.isNegated = flag
            case "conj": tensor.isConjugated = flag
            default: return "its state \(shown(name)) is not known"
            }
        }
        return nil
    }

    private mutating func integers(_ reference: PickleHeap.Reference) -> [Int]? {
        if let known = tuples[reference] { return known }
        // Tensors have fewer dimensions; a long tuple used a million times would take long to read.
        guard case .tuple(let items) = heap[reference], items.count <= 1000 else { return nil }
        var numbers: [Int] = []
        for item in items {
            guard case .integer(let number) = heap[item] else { return nil }
            numbers.append(number)
        }
        tuples[reference] = numbers
        return numbers
    }
}
