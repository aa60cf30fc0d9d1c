import Scripting
import Tensors

/// Finds the weights in what a checkpoint's pickle describes: a state dict, or one among the things that training
/// scripts save beside it.
final class TorchContents {
    /// Where training scripts put the weights beside other things.
    static let wrappers = ["model_state_dict", "state_dict", "model"]

    /// Tensors by name, each a position in the heap's list; what is in the way of one that no name leads to.
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

    /// The named tensors of the dictionary that holds the weights, in its order: the one under a known name, the file's
    /// own, or the only one with tensors in it. Where there are several, all tensors of the file, under names with
    /// dots.
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
        if top.contains(where: { $0.problem == nil }) { return top }
        if let only = others.first, others.count == 1, only.isText { return only.tensors }
        let all = try everything()
        if all.isEmpty, !pairs.isEmpty {
            let keys = pairs.prefix(8).map {
                if case .text(let key) = heap[$0.key] { shown(key) } else { heap.kind($0.key) }
            }
            throw nothing("no tensors; the keys are \(keys.joined(separator: ", "))" + (pairs.count > 8 ? ", ..." : ""))
        }
        return all
    }

    /// The error of a file without tensors, which names what a placeholder stands for: that may be what was meant.
    private func nothing(_ message: String) -> ScriptError {
        guard let object = heap.objects.first else { return report.error(message) }
        let text = "pickle: \(message): \(PickleMachine.refusal(object.name))"
        guard let base = heap.base else { return report.error(text, at: object.place, of: "data.pkl") }
        return report.error(text, at: base + object.place)
    }

    /// Counts the work, and names: a few bytes of a pickle can put one thing into a million places.
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

    /// The dictionaries and modules under the keys of this one that hold tensors, in order; of two with one key the
    /// last set counts, as in Python.
    private func nested(
        _ pairs: [(key: PickleHeap.Reference, value: PickleHeap.Reference)]
    ) throws -> [(name: String, isText: Bool, tensors: Named)] {
        var found: [(name: String, isText: Bool, tensors: Named)] = []
        var seen = Set<Identity>()
        // A dictionary may stand under a million names; no checkpoint has more than a few.
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

    /// The tensors under the keys of a dictionary, in its order; of two under one key the last set counts.
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

    /// What `state_dict()` of a pickled `torch.nn.Module` would give: its parameters and buffers, then those of the
    /// modules in it. Empty for any other object.
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
                // A module may hold itself, in a file that no program wrote.
                try count(name: prefix + name)
                open.append((prefix + name + ".", value))
            }
        }
        return found
    }

    /// A placeholder's attributes by name, if it has any.
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

    /// All tensors in dictionaries, lists and modules, under the way to them: `generator.0.weight`. Elements of lists
    /// are counted from 1. What stands in several places is found at the first.
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
