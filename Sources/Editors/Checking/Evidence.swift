/// What is certain about a value from the text alone.
indirect enum Evidence: Sendable {
    case unknown
    case number
    case string
    /// One of our modules, or a table inside one: `["optim", "schedule"]`.
    case module([String])
    /// One of Lua's own libraries.
    case library(String)
    /// A file's table of functions, closed: these are its members.
    case exports(String, Set<String>)
    case function(Catalogue.Entry)
    case object(String)
    /// A table written in the text with these names in it, by its place in the text.
    case literal(Int, [String])
    case list(Evidence)
    case record([String: Evidence])

    /// Which table it is, if it is one that somebody may add members to.
    var table: String? {
        switch self {
        case .module(let path): path.joined(separator: ".")
        case .library(let name): name
        case .exports(let name, _): name
        case .literal(let offset, _): "@\(offset)"
        default: nil
        }
    }

    /// Whether what is certain of one is certain of the other.
    func isSame(as other: Evidence) -> Bool {
        switch (self, other) {
        case (.object(let a), .object(let b)): a == b
        case (.module(let a), .module(let b)): a == b
        case (.number, .number), (.string, .string): true
        case (.list(let a), .list(let b)): a.isSame(as: b)
        default: false
        }
    }
}

extension Catalogue {
    /// What a call of a function gives, as far as all its forms agree.
    func results(of entry: Entry) -> [Evidence] {
        guard let forms = entry.signature?.forms, !forms.isEmpty else { return [] }
        // How many results there are is certain up to the first that repeats. A form that has fewer gives nil, which has
        // no members at all: what is wrong for the others is wrong for it.
        let ends = forms.compactMap { $0.results.firstIndex(where: \.repeats) }
        let count = min(forms.map(\.results.count).max() ?? 0, ends.min() ?? .max)
        return (0..<count).map { index in
            let types = forms.filter { index < $0.results.count }.map { form in
                receiver(of: form, entry, index) ?? evidence(of: form.results[index].type)
            }
            return types.dropFirst().allSatisfy { $0.isSame(as: types[0]) } ? types[0] : .unknown
        }
    }

    /// `x:add_(y) -> x` gives what it is called on.
    private func receiver(of form: Signature.Form, _ entry: Entry, _ index: Int) -> Evidence? {
        guard case .named(let name) = form.results[index].type, types[name] == nil,
            case .method(let receiver, _) = form.head, name == receiver, let owner = entry.owner
        else { return nil }
        return .object(owner)
    }

    private func evidence(of type: Signature.ResultType) -> Evidence {
        switch type {
        case .named(let name):
            if types[name] != nil { return .object(name) }
            return ["number", "integer"].contains(name) ? .number : name == "string" ? .string : .unknown
        case .list(let element): return .list(evidence(of: element))
        case .map, .iterator: return .unknown
        case .record(let fields):
            return .record(Dictionary(fields.map { ($0.name, evidence(of: $0.type)) }) { first, _ in first })
        case .either(let choices):
            // nil has no members at all: what is wrong for the other is wrong for it.
            let rest = choices.filter { $0 != .named("nil") }
            return rest.count == 1 ? evidence(of: rest[0]) : .unknown
        }
    }
}
