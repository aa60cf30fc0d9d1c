import Scripting

/// A called function: what is known about it, its name if it is a plain global, and how it is called.
struct Callee {
    let value: Evidence
    var global: String?
    /// Whether it is called with a colon: the expression before it is then an argument.
    var isMethod = false
    let offset: Int
}

extension Inspection {
    func call(_ callee: Callee, _ arguments: [Expression]) -> [Evidence] {
        var callee = callee
        // P(x): the called object is the first argument of its operator.
        if case .object = callee.value { callee.isMethod = true }
        let meddles = callee.meddles
        let wasProtected = isProtected
        var given: [Evidence] = []
        for argument in arguments {
            let protects = callee.global == "pcall" || callee.global == "xpcall"
            if case .function = argument.kind, protects { isProtected = true }
            let value = evaluate(argument, isTested: callee.global == "type")
            isProtected = wasProtected
            if meddles { handOn(value) }
            given.append(value)
        }
        isSolid = false
        guard let entry = entry(of: callee.value) else { return [] }
        checkCount(of: entry, callee, arguments)
        checkShape(of: entry, callee, arguments, given)
        checkOptions(of: entry, callee, arguments, given.last)
        checkKinds(of: entry, callee, arguments, given)
        isSolid = entry.isSolid
        return entry.results
    }

    private func entry(of value: Evidence) -> ScriptIndex.Entry? {
        switch value {
        case .function(let entry): entry
        case .module(let path): path.count == 1 ? index.module(path)?.call : nil
        case .object(let type): index.types[type]?.operators[.call]
        default: nil
        }
    }

    // MARK: Counts

    /// Reports too few or too many arguments, where the text tells their number.
    private func checkCount(of entry: ScriptIndex.Entry, _ callee: Callee, _ arguments: [Expression]) {
        guard let forms = entry.declaration?.forms else { return }
        let counts = (forms.map(\.counts.lowerBound).min() ?? 0)...(forms.map(\.counts.upperBound).max() ?? .max)
        let given = arguments.count + (callee.isMethod ? 1 : 0)
        let mayBeMore = arguments.last?.mayGiveSeveral ?? false
        // Any argument of a function may be named in a table (x:sum{dim = 1}).
        let names = arguments.last?.tableFields?.contains { if case .name = $0.key { true } else { false } } ?? false
        let takesOneTable = forms.allSatisfy { $0.style == .table }
        if names, !takesOneTable { return }
        if given == 0, counts.lowerBound > 0, entry.owner != nil, entry.name.contains(":") {
            return report(callee.offset, "\(entry.name): a method is called with a colon, or with what it works on")
        }
        // x:sum(nil, nil, options): arguments left out by nil may be named in the options.
        let leavesOut =
            forms.contains { !$0.names.isEmpty }
            && arguments.dropLast().contains { if case .nil = $0.kind { true } else { false } }
        var bound: (words: String, number: Int)?
        if given < counts.lowerBound, !mayBeMore {
            bound = (counts.lowerBound == counts.upperBound ? "" : "at least ", counts.lowerBound)
        } else if given - (mayBeMore || leavesOut ? 1 : 0) > counts.upperBound {
            bound = (counts.lowerBound == counts.upperBound ? "" : "at most ", counts.upperBound)
        }
        guard let bound else { return }
        // The receiver before a colon does not count for the reader.
        let hidden = callee.isMethod ? 1 : 0
        let number = bound.number - hidden
        let expected = "\(bound.words)\(number) argument\(number == 1 ? "" : "s") expected"
        report(callee.offset, "\(entry.name): \(expected), got \(given - hidden)")
    }

    /// Reports `random.normal(3, 3)`: a number is a shape of one dimension, so that the second one is something else.
    private func checkShape(
        of entry: ScriptIndex.Entry, _ callee: Callee, _ arguments: [Expression], _ given: [Evidence]
    ) {
        guard !callee.isMethod, entry.name.hasPrefix("random."), given.count >= 2, case .number = given[0],
            case .number = given[1], let forms = entry.declaration?.forms,
            forms.allSatisfy({ $0.specs.first?.type.isShape ?? false }),
            forms.contains(where: { $0.specs.count > 1 && $0.specs[1].place == .argument })
        else { return }
        report(callee.offset, "\(entry.name): a shape of several numbers is a table, such as {3, 3}")
    }

    // MARK: Options

    /// Checks the names in a table of options at the end of a call.
    private func checkOptions(
        of entry: ScriptIndex.Entry, _ callee: Callee, _ arguments: [Expression], _ value: Evidence?
    ) {
        guard let forms = entry.declaration?.forms, let last = arguments.last else { return }
        var given: [(offset: Int, name: String)] = []
        if let fields = last.tableFields {
            for field in fields { if case .name(let name) = field.key { given.append((field.offset, name)) } }
            // A table with elements is an argument, unless the function only takes a table.
            let hasElements = fields.contains { if case .position = $0.key { true } else { false } }
            if hasElements, !forms.allSatisfy({ $0.style == .table }) { return }
        } else if case .literal(_, let names)? = value, let table = value?.table, !lore.handedOn.contains(table) {
            given = names.filter { !survey.assignsField($0) }.map { (last.offset, $0) }
        }
        let place = arguments.count - 1 + (callee.isMethod ? 1 : 0)
        // If some form takes the table as an argument, its names are no options.
        guard forms.allSatisfy({ $0.style == .table || $0.takesOptions(at: place, isEmpty: false) }) else { return }
        let known = forms.flatMap(\.names)
        guard !known.isEmpty else { return }
        for (offset, name) in given where !known.contains(name) {
            report(offset, "\(entry.name): unknown option \(name)" + suggestion(for: name, among: known))
        }
    }
}

extension Callee {
    /// Whether it may add members to a table that it gets.
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

extension Expression {
    /// Whether it may give no value, or several, at the end of a list.
    fileprivate var mayGiveSeveral: Bool {
        switch kind {
        case .vararg: return true
        case .chain(_, let suffixes):
            switch suffixes.last?.kind {
            case .call, .method: return true
            default: return false
            }
        default: return false
        }
    }
}

extension ScriptType {
    /// Whether it is a shape in one argument, the first parameter of functions that make random tensors.
    fileprivate var isShape: Bool { choices.contains(.list(.integer)) && choices.contains(.integer) }
}
