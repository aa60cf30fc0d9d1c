import Scripting

/// Values of the wrong type or out of range, reported by the parameters themselves, in the words of a run.
extension Inspection {
    func checkKinds(of entry: ScriptIndex.Entry, _ callee: Callee, _ arguments: [Expression], _ given: [Evidence]) {
        guard let forms = entry.declaration?.forms else { return }
        let fields = arguments.last?.tableFields
        if entry.name == "host.register", arguments.count == 1, let fields { return checkRegistering(fields) }
        if forms.count == 1, forms[0].style == .table {
            if arguments.count == 1, let fields { judge(fields, forms[0], entry.name, isTable: true) }
            return
        }
        let first = callee.isMethod ? 1 : 0
        let last = arguments.count - 1
        let areOptions = fields.map { fields in forms.contains { $0.takes(fields, at: last + first) } } ?? false
        for (index, argument) in arguments.enumerated() where !(areOptions && index == last) {
            guard let value = stand(for: argument, given[index]) else { continue }
            // Which of several forms is meant may depend on unknown values: all of them must refuse the value.
            let refusals = forms.map { form -> String? in
                guard form.style != .table, index + first < form.specs.count else { return nil }
                let spec = form.specs[index + first]
                guard spec.place == .argument, let refusal = spec.refusal(judging: value) else { return nil }
                return "argument \(index + first + 1) (\(spec.name)): \(refusal)"
            }
            guard let refusal = refusals.first ?? nil, refusals.allSatisfy({ $0 == refusal }) else { continue }
            report(argument.offset, "\(entry.name): \(refusal)")
        }
        if forms.count == 1, areOptions, let fields { judge(fields, forms[0], entry.name, isTable: false) }
    }

    /// Checks the kinds in `host.register{schedules = {...}}`.
    private func checkRegistering(_ fields: [Field]) {
        for field in fields {
            guard case .name(let name) = field.key, !index.kinds.contains(where: { $0.name == name }) else { continue }
            report(field.offset, "host.register: " + RegistryKind.unknown(name, among: index.kinds))
        }
    }

    /// Checks the values in a table of options.
    private func judge(_ fields: [Field], _ form: Form, _ function: String, isTable: Bool) {
        var position = 0
        for field in fields {
            var spec: ParameterSpec?
            var label = ""
            switch field.key {
            case .name(let name):
                // Unknown options are reported elsewhere.
                spec = form.names.contains(name) ? form.specs.first { $0.name == name } : nil
                label = "option \(name)"
            case .position where isTable:
                spec = position < form.specs.count ? form.specs[position] : nil
                position += 1
                label = "argument \(position) (\(spec?.name ?? ""))"
                if spec?.place != .argument { spec = nil }
            default: break
            }
            guard let spec, let value = stand(for: field.value, .unknown), let refusal = spec.refusal(judging: value)
            else { continue }
            report(field.value.offset, "\(function): \(label): \(refusal)")
        }
    }

    /// A value of the type that an expression certainly has: a literal itself, else a stand-in for which messages show
    /// the type.
    private func stand(for expression: Expression, _ evidence: Evidence) -> Value? {
        switch expression.kind {
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .integer(let integer): return .integer(integer)
        case .number(let number): return .number(number)
        case .string(let text): return .string(text)
        case .function: return .foreign("function")
        case .table: return .foreign("table")
        case .unary(.minus, let operand):
            switch stand(for: operand, .unknown) {
            case .integer(let integer): return .integer(0 &- integer)
            case .number(let number): return .number(-number)
            default: return nil
            }
        case .parenthesised(let inner): return stand(for: inner, evidence)
        default:
            if case .object(let type) = evidence { return .foreign(type) }
            return nil
        }
    }
}

extension Form {
    /// Whether a table at the end of a call is its options: not one with elements, nor one where an argument may be a
    /// table.
    fileprivate func takes(_ fields: [Field], at place: Int) -> Bool {
        style != .table && place >= leastBeforeOptions && takesOptions(at: place, isEmpty: fields.isEmpty)
            && !fields.contains { if case .position = $0.key { true } else { false } }
    }
}

extension ParameterSpec {
    /// The refusal of a value of which perhaps only the type is known.
    fileprivate func refusal(judging value: Value) -> String? {
        guard case .foreign(let kind, _) = value else { return refusal(value) }
        if type.mayTake(kind) { return nil }
        return refusal(kind == "table" ? .table(NoTable()) : value)
    }
}

extension ScriptType {
    /// Whether a value of that type, `table` or `function` may be accepted.
    fileprivate func mayTake(_ kind: String) -> Bool {
        switch self {
        case .any: true
        case .table, .list, .map, .record: kind == "table"
        case .function, .iterator: kind == "function"
        case .object(let name): name == kind
        case .either(let types): types.contains { $0.mayTake(kind) }
        default: false
        }
    }
}

extension ScriptIndex.Entry {
    /// The result of `x[1]`, for the operator [].
    var resultOfNumber: Evidence? {
        let form = declaration?.forms.first { $0.specs.count > 1 && $0.specs[1].type.choices.contains(.integer) }
        guard let type = form?.results.first?.type, case .object(let name) = type else { return nil }
        return .object(name)
    }
}

/// Stands for a table about which nothing is known.
private final class NoTable: ScriptTable {
    var count: Int { 0 }
    func value(at index: Int) -> Value { .none }
    func value(for key: ByteString) -> Value { .none }
    func entries() -> [(key: Value, value: Value)] { [] }
    func numbers() -> [Double]? { nil }
}
