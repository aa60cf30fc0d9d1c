import Scripting

extension Inspection {
    /// The evidence for several values; the last expression may give several.
    func evaluate(_ expressions: [Expression]) -> [Evidence] {
        var values: [Evidence] = []
        for (index, expression) in expressions.enumerated() {
            if index == expressions.count - 1, case .chain(let base, let suffixes) = expression.kind {
                values += chainValues(base, suffixes, isTested: false)
            } else {
                values.append(evaluate(expression))
            }
        }
        return values
    }

    func evaluate(_ expression: Expression, isTested: Bool = false) -> Evidence {
        isSolid = false
        let value = evidence(of: expression, isTested)
        // Evidence for a part says nothing about the whole.
        switch expression.kind {
        case .name(.local(let variable)): isSolid = solid.contains(variable)
        case .parenthesised, .chain: break
        case .unary(.minus, _), .binary: if case .object = value {} else { isSolid = false }
        default: isSolid = false
        }
        return value
    }

    private func evidence(of expression: Expression, _ isTested: Bool) -> Evidence {
        switch expression.kind {
        case .nil, .true, .false, .vararg: return .unknown
        case .integer, .number: return .number
        case .string: return .string
        case .function(let body):
            block(body.block)
            return .unknown
        case .name(let reference): return evidence(of: reference, at: expression.offset, isTested: isTested)
        case .parenthesised(let inner): return evaluate(inner, isTested: isTested)
        case .chain(let base, let suffixes): return chainValues(base, suffixes, isTested: isTested).first ?? .unknown
        case .table(let fields): return table(fields, at: expression.offset)
        case .unary(let operation, let operand):
            let value = evaluate(operand, isTested: operation == .not)
            if operation == .not { checkCondition(operand, value) }
            switch operation {
            case .hash: return .number
            case .minus: return apply(.negate, value) ?? number(value)
            default: return .unknown
            }
        case .binary(let first, let rest): return binary(first, rest)
        }
    }

    private func table(_ fields: [Field], at offset: Int) -> Evidence {
        var names: [String] = []
        for field in fields {
            if case .expression(let key) = field.key { _ = evaluate(key) }
            if case .name(let name) = field.key { names.append(name) }
            _ = evaluate(field.value)
        }
        return names.isEmpty ? .unknown : .literal(offset, names)
    }

    private func number(_ value: Evidence) -> Evidence {
        if case .number = value { return .number }
        return .unknown
    }

    private static let operators: [Token.Kind: Operator] = [
        .plus: .add, .minus: .subtract, .star: .multiply, .slash: .divide, .floorDivide: .floorDivide,
        .percent: .modulo,
        .caret: .power, .concatenate: .concatenate,
    ]

    private func binary(_ first: Expression, _ rest: [(operation: Token.Kind, operand: Expression)]) -> Evidence {
        let testing: Set<Token.Kind> = [.and, .or, .equal, .notEqual]
        var value = evaluate(first, isTested: rest.first.map { testing.contains($0.operation) } ?? false)
        for (place, (operation, operand)) in rest.enumerated() {
            var other = Evidence.unknown
            if operation == .and || operation == .or {
                underCondition { other = evaluate(operand, isTested: true) }
            } else {
                other = evaluate(operand, isTested: testing.contains(operation))
            }
            if operation == .concatenate { checkJoining(value, other, at: place == 0 ? first.offset : operand.offset) }
            guard let key = Self.operators[operation] else {
                if place == 0 { checkComparison(operation, value, other, at: first.offset) }
                value = .unknown
                continue
            }
            if case .number = value {
                if let result = apply(key, other) { value = result } else { value = number(other) }
            } else {
                value = apply(key, value) ?? .unknown
            }
        }
        return value
    }

    /// The result of an operator that the value's type defines.
    private func apply(_ key: Operator, _ value: Evidence) -> Evidence? {
        guard case .object(let type) = value, let entry = index.types[type]?.operators[key] else { return nil }
        isSolid = entry.isSolid
        return entry.results.first ?? .unknown
    }

    // MARK: Chains

    func chain(_ base: Expression, _ suffixes: [Suffix]) -> Evidence {
        chainValues(base, suffixes, isTested: false).first ?? .unknown
    }

    func chainValues(_ base: Expression, _ suffixes: [Suffix], isTested: Bool) -> [Evidence] {
        var values = [evaluate(base, isTested: isTested && suffixes.isEmpty)]
        // The property of an object that was read last, if so.
        var property: ScriptIndex.Entry?
        for (place, suffix) in suffixes.enumerated() {
            // Only a call tells whether its result may be nil; its arguments have been examined by then.
            defer { if !suffix.isCall { isSolid = false } }
            let value = values.first ?? .unknown
            // Reading a missing member gives nil; using that is an error.
            let isUsed = place < suffixes.count - 1
            switch suffix.kind {
            case .field(let name):
                property = if case .object(let type) = value { index.types[type]?.properties[name] } else { nil }
                values = [member(name, of: value, at: suffix.offset, isUsed: isUsed)]
            case .index(let key):
                let by = evaluate(key)
                if case .string(let name) = key.kind {
                    values = [member(name, of: value, at: key.offset, isUsed: isUsed)]
                } else {
                    values = [element(of: value, by: by)]
                }
            case .call(let arguments):
                if place == 0, base.globalName == "require", let name = [suffix].requiredName {
                    values = [required(name, at: arguments[0].offset)]
                } else {
                    let offset = place > 0 ? suffixes[place - 1].offset : base.offset
                    if place > 0, case .field(let name) = suffixes[place - 1].kind, let property {
                        checkCall(of: property, named: name, at: offset)
                    }
                    let global = place == 0 ? base.globalName : nil
                    values = call(Callee(value: value, global: global, offset: offset), arguments)
                }
            case .method(let name, let arguments):
                let method = self.method(name, of: value, at: suffix.offset)
                // A method of a file's table may add members to the table.
                if case .exports = value { handOn(value) }
                values = call(Callee(value: method, isMethod: true, offset: suffix.offset), arguments)
            }
        }
        return values
    }

    private func element(of value: Evidence, by key: Evidence) -> Evidence {
        switch (value, key) {
        case (.list(let element), _): return element
        // A number selects a slice; a table may read out a number.
        case (.object(let type), .number):
            return index.types[type]?.operators[.index]?.resultOfNumber ?? .unknown
        default: return .unknown
        }
    }

    // MARK: Members

    private func mayHave(_ name: String, _ value: Evidence) -> Bool {
        if survey.assignsField(name) { return true }
        if case .module(let path) = value, survey.mayRegisterAnything, path.count == 1,
            index.modules[path[0]]?.registered != nil
        {
            return true
        }
        return value.table.map { lore.handedOn.contains($0) } ?? false
    }

    func member(_ name: String, of value: Evidence, at offset: Int, isUsed: Bool) -> Evidence {
        switch value {
        case .module(let path):
            guard let node = index.module(path) else { return .unknown }
            if let entry = node.functions[name] { return mayHave(name, value) ? .unknown : .function(entry) }
            if node.tables[name] != nil { return .module(path + [name]) }
            if node.constants.contains(name) || mayHave(name, value) { return .unknown }
            let shown = path.joined(separator: ".")
            let registered = node.registered.map { survey.constructors(of: $0.name) } ?? []
            let known = node.names + Array(node.constants) + registered
            report(offset, "\(shown) has no function \"\(name)\"" + OtherNames.hint(for: name, of: shown, among: known))
        case .object(let type):
            guard let binding = index.types[type] else { return .unknown }
            if let entry = binding.properties[name] { return entry.results.first ?? .unknown }
            if let entry = binding.methods[name] { return .function(entry) }
            missing(name, type, binding, offset)
        case .library(let library):
            let known = StandardLibrary.libraries[library] ?? []
            if isUsed, !StandardLibrary.has(name, in: library), !mayHave(name, value) {
                report(
                    offset,
                    "\(library) has no function \"\(name)\"" + OtherNames.hint(for: name, of: library, among: known))
            }
        case .exports(let module, let members):
            if isUsed, !members.contains(name), !mayHave(name, value) {
                report(offset, "\(module) has no member \"\(name)\"" + suggestion(for: name, among: members))
            }
        case .record(let fields):
            if let field = fields[name] { return field }
            if isUsed, !mayHave(name, value) {
                report(offset, "no field \"\(name)\"" + suggestion(for: name, among: fields.keys))
            }
        case .unknown, .number, .string, .function, .list, .literal: break
        }
        return .unknown
    }

    private func method(_ name: String, of value: Evidence, at offset: Int) -> Evidence {
        if case .string = value { return stringMethod(name, at: offset) }
        guard case .object(let type) = value, let binding = index.types[type] else {
            return member(name, of: value, at: offset, isUsed: true)
        }
        if let entry = binding.methods[name] { return .function(entry) }
        if let entry = binding.properties[name] {
            checkCall(of: entry, named: name, at: offset)
            return .unknown
        }
        missing(name, type, binding, offset)
        return .unknown
    }

    /// Strings have the functions of the string library as methods.
    private func stringMethod(_ name: String, at offset: Int) -> Evidence {
        if survey.isOpen || survey.assignsField("__index") { return .unknown }
        return member(name, of: .library("string"), at: offset, isUsed: true)
    }

    private func missing(_ name: String, _ type: String, _ binding: ScriptIndex.TypeMembers, _ offset: Int) {
        // A part that only the object knows: `net.body`.
        guard binding.operators[.member] == nil else { return }
        let hint = OtherNames.hint(for: name, of: type, among: binding.readable)
        report(offset, "\(type) has no field or method \"\(name)\"" + hint)
    }
}

extension Suffix {
    fileprivate var isCall: Bool {
        switch kind {
        case .call, .method: true
        case .field, .index: false
        }
    }
}
