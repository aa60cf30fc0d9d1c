import Scripting

/// What is certain about a value from the text alone.
indirect enum Evidence: Sendable {
    case unknown
    case number
    case string
    /// One of our modules, or a table in it: `["optim", "schedule"]`.
    case module([String])
    /// One of Lua's own libraries.
    case library(String)
    /// The table of functions that a file returns; these are all its members.
    case exports(String, Set<String>)
    case function(ScriptIndex.Entry)
    case object(String)
    /// A table constructor in the text with these names, identified by its position.
    case literal(Int, [String])
    case list(Evidence)
    case record([String: Evidence])

    /// An identifier of the table, if it is one that may get further members.
    var table: String? {
        switch self {
        case .module(let path): path.joined(separator: ".")
        case .library(let name): name
        case .exports(let name, _): name
        case .literal(let offset, _): "@\(offset)"
        default: nil
        }
    }

    /// Whether the same is certain of both.
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

extension ScriptIndex.Entry {
    /// The results of calling the function, as far as all its forms agree.
    var results: [Evidence] {
        guard let forms = declaration?.forms else { return [] }
        // The number of results is known up to the first one that repeats. A form with fewer gives nil, which has no
        // members, so that what is wrong for the others is wrong for it, too.
        let ends = forms.compactMap { $0.results.firstIndex(where: \.repeats) }
        let count = min(forms.map(\.results.count).max() ?? 0, ends.min() ?? .max)
        return (0..<count).map { index in
            let types = forms.filter { index < $0.results.count }.map { Evidence($0.results[index].type) }
            return types.dropFirst().allSatisfy { $0.isSame(as: types[0]) } ? types[0] : .unknown
        }
    }

    /// Whether the first result is never nil.
    var isSolid: Bool {
        guard let forms = declaration?.forms else { return false }
        return forms.allSatisfy { form in
            guard let first = form.results.first, !first.repeats else { return false }
            return first.type.choices.count == 1 && first.type != .none && first.type != .any
        }
    }
}

extension Evidence {
    fileprivate init(_ type: ScriptType) {
        switch type {
        case .object(let name): self = .object(name)
        case .number, .integer: self = .number
        case .string, .choice: self = .string
        case .list(let element): self = .list(Evidence(element))
        case .record(let fields):
            self = .record(Dictionary(fields.map { ($0.name, Evidence($0.type)) }) { first, _ in first })
        case .either(let types):
            // nil has no members: what is wrong for the other types is wrong for it, too.
            let rest = types.filter { $0 != .none }
            self = rest.count == 1 ? Evidence(rest[0]) : .unknown
        case .any, .none, .boolean, .function, .table, .map, .iterator: self = .unknown
        }
    }
}
