import Scripting

/// Who is called: what is known of the function, and its name if it is a plain global.
struct Callee {
    let value: Evidence
    let global: String?
}

extension Inspection {
    func call(_ callee: Callee, _ arguments: [Expression]) -> [Evidence] {
        let meddles = callee.meddles
        let wasProtected = isProtected
        for argument in arguments {
            let protects = callee.global == "pcall" || callee.global == "xpcall"
            if case .function = argument.kind, protects { isProtected = true }
            let value = evaluate(argument, isTested: callee.global == "type")
            isProtected = wasProtected
            if meddles, let table = value.table { handedOn.insert(table) }
        }
        guard let entry = entry(of: callee.value) else { return [] }
        checkOptions(of: entry, arguments)
        return catalogue.results(of: entry)
    }

    private func entry(of value: Evidence) -> Catalogue.Entry? {
        switch value {
        case .function(let entry): entry
        case .module(let path): path.count == 1 ? catalogue.node(path)?.call : nil
        case .object(let type): catalogue.types[type]?.operators[.call]
        default: nil
        }
    }

    /// The names in a table of options that stands last in a call.
    private func checkOptions(of entry: Catalogue.Entry, _ arguments: [Expression]) {
        guard let forms = entry.signature?.forms, let fields = arguments.last?.tableFields else { return }
        var known: [String] = []
        for form in forms {
            let tables = form.arguments.compactMap { argument in
                if case .table(let table) = argument.kind { table } else { nil }
            }
            // A table that takes any name may be the one meant.
            guard !tables.contains(where: \.isOpen), let options = tables.last?.options else { return }
            known += options.map(\.name)
        }
        guard !known.isEmpty else { return }
        for field in fields {
            guard case .name(let name) = field.key, !known.contains(name), !isReduction(name, forms) else { continue }
            report(field.offset, "\(entry.name): unknown option \(name)" + suggestion(for: name, among: known))
        }
    }

    /// Arguments may be given by name in the table as well, where a function takes both (x:sum{dim = 1}).
    private func isReduction(_ name: String, _ forms: [Signature.Form]) -> Bool {
        forms.contains { form in form.arguments.contains { $0.name == name } }
    }
}

extension Callee {
    /// Whether it may add members to a table that it is given.
    fileprivate var meddles: Bool {
        switch value {
        case .function: return false
        case .module, .object: return false
        case .library(let name): return name == "debug"
        default: break
        }
        guard let global else { return true }
        return StandardLibrary.meddling.contains(global) || !StandardLibrary.globals.contains(global)
    }
}
