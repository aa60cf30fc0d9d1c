import Scripting
import Tensors

/// Finds the weights in a checkpoint's pickle: a state dict, or one among other things that training scripts save.
final class TorchContents {
    /// The keys under which training scripts put the weights.
    static let wrappers = ["model_state_dict", "state_dict", "model"]

    /// Tensors by name, each an index into the heap's list; with the reason for those whose name cannot be used.
    typealias Named = [(name: String, tensor: Int, problem: String?)]

    let heap: PickleHeap
    private let root: PickleHeap.Reference
    private let report: Report
    private let workspace = Workspace()
    private var found = 0
    private var steps = 0
    private var nameBytes = 0

    init(_ heap: PickleHeap, _ root: PickleHeap.Reference, _ report: Report) {
        (self.heap, self.root, self.report) = (heap, root, report)
    }

    /// The named tensors of the dictionary with the weights, in its order: the one under a known key, the file's own,
    /// or the only one with tensors. If there are several, or one beside tensors of the file's own, all tensors of the
    /// file, with dots in their names.
    /// - Parameter isWanted: whether these are the names that the reader looks for.
    func weights(_ isWanted: (([String]) -> Bool)?) throws -> Named {
        if case .tensor(let tensor) = heap[root] { return [("tensor", tensor, nil)] }
        if case .object = heap[root] {
            let own = try module(root)
            if !own.isEmpty { return own }
        }
        guard case .dictionary(let pairs) = heap[root] else {
            let all = try everything()
            if !all.isEmpty { return all }
            throw nothing("holds \(heap.kind(root)), not a dictionary of tensors")
        }
        let nested = try nested(pairs)
        let top = try named(pairs)
        let known = TorchContents.wrappers.compactMap { wrapper in nested.first { $0.isText && $0.name == wrapper } }
        let others = nested.filter { !$0.isText || !TorchContents.wrappers.contains($0.name) }
        if let isWanted {
            func holds(_ tensors: Named) -> Bool { isWanted(tensors.filter { $0.problem == nil }.map(\.name)) }
            if let found = known.first(where: { holds($0.tensors) }) { return found.tensors }
            if holds(top) { return top }
            let fitting = others.filter { holds($0.tensors) }
            guard fitting.count <= 1 else {
                let names = fitting.prefix(8).map { shown($0.name) }.joined(separator: ", ")
                throw report.error(
                    "holds several models, under \(names): save one of them, "
                        + "torch.save(checkpoint[\(shown(fitting[0].name))], path)"
                )
            }
            if let found = fitting.first { return found.tensors }
        }
        if let found = known.first { return found.tensors }
        if others.isEmpty, top.contains(where: { $0.problem == nil }) { return top }
        if let only = others.first, others.count == 1, only.isText, top.isEmpty { return only.tensors }
        let all = try everything()
        if all.isEmpty, !pairs.isEmpty {
            let keys = pairs.prefix(8).map {
                if case .text(let key) = heap[$0.key] { shown(key) } else { heap.kind($0.key) }
            }
            throw nothing("no tensors; the keys are \(keys.joined(separator: ", "))" + (pairs.count > 8 ? ", ..." : ""))
        }
        return all
    }

    /// The error for a file without tensors, which names the class of a placeholder, as that may be what was meant.
    private func nothing(_ message: String) -> ScriptError {
        guard let object = heap.objects.first else { return report.error(message) }
        let text = "pickle: \(message): \(PickleMachine.refusal(object.name))"
        guard let base = heap.base else { return report.error(text, at: object.place, of: "data.pkl") }
        return report.error(text, at: base + object.place)
    }

    /// Counts steps and names, as a few bytes of a pickle can put one thing in a million places.
    private func count(steps more: Int = 1, tensors: Int = 0, name: String = "") throws {
        steps += more
        found += tensors
        nameBytes += name.utf8.count
        if steps & 0xfff == 0 { try Cancellation.check() }
        guard steps < 1 << 24, found < 1 << 20, nameBytes < 1 << 26 else {
            throw report.error("describes more, and more deeply, than any checkpoint")
        }
        try workspace.take(tensors * 64 + name.utf8.count)
    }

    /// The dictionaries and modules among the values that contain tensors, in order; of equal keys the last set counts,
    /// as in Python.
    private func nested(
        _ pairs: [(key: PickleHeap.Reference, value: PickleHeap.Reference)]
    ) throws -> [(name: String, isText: Bool, tensors: Named)] {
        var found: [(name: String, isText: Bool, tensors: Named)] = []
        var seen = Set<Identity>()
        // A dictionary may occur under a million names; checkpoints have a few.
        for (key, value) in pairs.reversed().prefix(1000) {
            let identity = identity(key)
            if let identity, seen.contains(identity) { continue }
            let tensors: Named
            switch heap[value] {
            case .dictionary(let inner):
                try count(steps: inner.count)
                tensors = try named(inner)
            case .object: tensors = try module(value)
            default: continue
            }
            guard !tensors.isEmpty else { continue }
            if let identity { seen.insert(identity) }
            found.append((label(key).name, identity?.isText == true, tensors))
        }
        return found.reversed()
    }

    /// The tensors among the values of a dictionary, in its order; of equal keys the last set counts.
    private func named(_ pairs: [(key: PickleHeap.Reference, value: PickleHeap.Reference)]) throws -> Named {
        var found: Named = []
        var places: [Identity: Int] = [:]
        for (key, value) in pairs {
            guard case .tensor(let tensor) = heap[value] else { continue }
            let (name, problem) = label(key)
            if let identity = identity(key) {
                if let place = places[identity] {
                    found[place].tensor = tensor
                    continue
                }
                places[identity] = found.count
            } else {
                try count(name: name)
            }
            found.append((name, tensor, problem))
        }
        return found
    }

    // MARK: Modules that were saved whole

    /// The `state_dict()` of a pickled `torch.nn.Module`: its parameters and buffers, then those of its submodules.
    /// Empty for other objects.
    private func module(_ object: PickleHeap.Reference) throws -> Named {
        var found: Named = []
        var open = [(prefix: "", object: object)]
        while let (prefix, object) = open.popLast() {
            guard let attributes = attributes(object) else { continue }
            let passing = texts(attributes["_non_persistent_buffers_set"])
            let parameters = try named(pairs(attributes["_parameters"]))
            let buffers = try named(pairs(attributes["_buffers"])).filter { !passing.contains(ByteString($0.name)) }
            for (name, tensor, problem) in parameters + buffers {
                try count(tensors: 1, name: prefix + name)
                found.append((prefix + name, tensor, problem))
            }
            for (key, value) in pairs(attributes["_modules"]).reversed() {
                guard case .text(let name) = heap[key] else { continue }
                // In a malicious file, a module may contain itself.
                try count(name: prefix + name)
                open.append((prefix + name + ".", value))
            }
        }
        return found
    }

    /// The attributes of a placeholder by name, if it has any.
    private func attributes(_ reference: PickleHeap.Reference) -> [String: PickleHeap.Reference]? {
        guard case .object(let index) = heap[reference], let state = heap.objects[index].state,
            case .dictionary(let pairs) = heap[state], pairs.count <= 1000
        else { return nil }
        var attributes: [String: PickleHeap.Reference] = [:]
        for (key, value) in pairs {
            if case .text(let name) = heap[key] { attributes[name] = value }
        }
        return attributes
    }

    private func pairs(_ reference: PickleHeap.Reference?) -> [(key: PickleHeap.Reference, value: PickleHeap.Reference)]
    {
        guard let reference, case .dictionary(let pairs) = heap[reference] else { return [] }
        return pairs
    }

    private func texts(_ reference: PickleHeap.Reference?) -> Set<ByteString> {
        guard let reference, case .list(let items) = heap[reference] else { return [] }
        return Set(items.compactMap { if case .text(let text) = heap[$0] { ByteString(text) } else { nil } })
    }

    // MARK: Everything

    /// All tensors in dictionaries, lists and modules, named by their path: `generator.0.weight`. Elements of lists are
    /// counted from 1. One that occurs in several places is listed at the first.
    private func everything() throws -> Named {
        var found: Named = []
        var seen = Set<PickleHeap.Reference>()
        var open: [(name: String, reference: PickleHeap.Reference, problem: String?)] = [("", root, nil)]
        while let (name, reference, problem) = open.popLast() {
            if case .tensor(let tensor) = heap[reference] {
                try count(tensors: 1)
                found.append((name, tensor, problem))
                continue
            }
            guard seen.insert(reference).inserted else { continue }
            let prefix = name.isEmpty ? "" : name + "."
            switch heap[reference] {
            case .dictionary(let pairs):
                for (key, value) in pairs.reversed() where isContainer(value) {
                    let own = label(key)
                    let name = prefix + own.name
                    try count(name: name)
                    open.append((name, value, problem ?? own.problem))
                }
            case .list(let items), .tuple(let items):
                for (index, item) in items.enumerated().reversed() where isContainer(item) {
                    let name = prefix + String(index + 1)
                    try count(name: name)
                    open.append((name, item, problem))
                }
            case .object:
                for (inner, tensor, own) in try module(reference) {
                    found.append((prefix + inner, tensor, problem ?? own))
                }
            default: continue
            }
        }
        return found
    }

    private func isContainer(_ reference: PickleHeap.Reference) -> Bool {
        switch heap[reference] {
        case .tensor, .dictionary, .list, .tuple, .object: true
        default: false
        }
    }
}
