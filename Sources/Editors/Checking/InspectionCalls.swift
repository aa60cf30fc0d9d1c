import Scripting

/// Who is called: what is known of the function, its name if it is a plain global, and how it is called.
struct Callee {
    let value: Evidence
    var global: String?
    /// Behind a colon: what stands before it is an argument.
    var isMethod = false
    let offset: Int
}

extension Inspection {
    func call(_ callee: Callee, _ arguments: [Expression]) -> [Evidence] {
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
        checkOptions(of: entry, arguments.last, given.last)
        checkKinds(of: entry, callee, arguments, given)
        isSolid = catalogue.isSolid(entry)
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

    // MARK: Counts

    /// Too few or too many values, where the text says how many there are.
    private func checkCount(of entry: Catalogue.Entry, _ callee: Callee, _ arguments: [Expression]) {
        guard let counts = entry.signature?.counts else { return }
        let given = arguments.count + (callee.isMethod ? 1 : 0)
        let mayBeMore = arguments.last?.mayGiveSeveral ?? false
        // Any of a function's arguments may be named in a table (x:sum{dim = 1}).
        let names = arguments.last?.tableFields?.contains { if case .name = $0.key { true } else { false } } ?? false
        let takesOneTable = entry.signature?.forms.allSatisfy(\.isTableCall) ?? false
        if names, !takesOneTable { return }
        if given == 0, counts.lowerBound > 0, entry.owner != nil, entry.name.contains(":") {
            return report(callee.offset, "\(entry.name): a method is called with a colon, or with what it works on")
        }
        var bound: (words: String, number: Int)?
        if given < counts.lowerBound, !mayBeMore {
            bound = (counts.lowerBound == counts.upperBound ? "" : "at least ", counts.lowerBound)
        } else if given - (mayBeMore ? 1 : 0) > counts.upperBound {
            bound = (counts.lowerBound == counts.upperBound ? "" : "at most ", counts.upperBound)
        }
        guard let bound else { return }
        // What stands before a colon is not counted by who reads it.
        let hidden = callee.isMethod ? 1 : 0
        let number = bound.number - hidden
        let expected = "\(bound.words)\(number) argument\(number == 1 ? "" : "s") expected"
        report(callee.offset, "\(entry.name): \(expected), got \(given - hidden)")
    }

    /// `random.normal(3, 3)`: a number is a shape of one dimension, and what follows it is something else.
    private func checkShape(of entry: Catalogue.Entry, _ callee: Callee, _ arguments: [Expression], _ given: [Evidence]) {
        guard !callee.isMethod, entry.name.hasPrefix("random."), given.count >= 2, case .number = given[0],
            case .number = given[1], let forms = entry.signature?.forms, !forms.isEmpty,
            forms.allSatisfy({ $0.arguments.first?.isShape ?? false }),
            forms.contains(where: { $0.arguments.count > 1 && $0.arguments[1].isOneValue })
        else { return }
        report(callee.offset, "\(entry.name): a shape of several numbers is a table, such as {3, 3}")
    }

    // MARK: Options

    /// The names in a table of options that stands last in a call, and the texts of those that take a few only.
    private func checkOptions(of entry: Catalogue.Entry, _ last: Expression?, _ value: Evidence?) {
        guard let forms = entry.signature?.forms, let last else { return }
        var given: [(offset: Int, name: String, value: Expression?)] = []
        if let fields = last.tableFields {
            for field in fields {
                if case .name(let name) = field.key { given.append((field.offset, name, field.value)) }
            }
        } else if case .literal(_, let names)? = value, let table = value?.table, !lore.handedOn.contains(table) {
            given = names.filter { !survey.assignsField($0) }.map { (last.offset, $0, nil) }
        }
        var known: [Signature.Option] = []
        for form in forms {
            let tables = form.arguments.compactMap { argument in
                if case .table(let table) = argument.kind { table } else { nil }
            }
            // A table that takes any name may be the one meant.
            guard !tables.contains(where: \.isOpen), let options = tables.last?.options else { return }
            known += options
        }
        guard !known.isEmpty else { return }
        for (offset, name, value) in given {
            let options = known.filter { $0.name == name }
            if options.isEmpty, !isReduction(name, forms) {
                let hint = suggestion(for: name, among: known.map(\.name))
                report(offset, "\(entry.name): unknown option \(name)" + hint)
            } else if case .string(let text)? = value?.kind, !options.isEmpty {
                let choices = options.compactMap(\.choices)
                guard choices.count == options.count, !choices.contains(where: { $0.contains(text) }) else { continue }
                let expected = choices[0].joined(separator: ", ")
                report(
                    value?.offset ?? offset,
                    "\(entry.name): option \(name): one of \(expected) expected, got \"\(text)\""
                        + suggestion(for: text, among: choices[0]))
            }
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

extension Expression {
    /// Whether it may be no value, or more than one, at the end of a list.
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

extension Signature.Argument {
    /// `{d1, d2, ...}`
    fileprivate var isShape: Bool {
        guard case .table(let table) = kind else { return false }
        return table.repeats && table.elements.first?.name == "d1"
    }
    fileprivate var isOneValue: Bool { if case .plain = kind { true } else { false } }
}
