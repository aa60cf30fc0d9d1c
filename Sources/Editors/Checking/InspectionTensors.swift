import Scripting

/// Uses of a tensor, common among users of other languages, where Lua needs a number or a condition.
extension Inspection {
    /// Reports a tensor as a condition, which is always true.
    func checkCondition(_ condition: Expression, _ value: Evidence) {
        guard isSolid, case .object("tensor") = value else { return }
        report(
            condition.offset,
            "a tensor as a condition is always true, whatever its numbers are: x:item() is the number of one, "
                + "x:any():item() and x:all():item() ask all")
    }

    /// Reports comparisons: `x:sum() == 4` is false and `x:sum() < 4` an error, as Lua compares tensors with numbers in
    /// neither way. It does not order two tensors either.
    func checkComparison(_ operation: Token.Kind, _ left: Evidence, _ right: Evidence, at offset: Int) {
        let isTensorLeft = left.isTensor, isTensorRight = right.isTensor
        guard isTensorLeft || isTensorRight else { return }
        let hint = "x:item() is a tensor's number"
        switch operation {
        case .equal, .notEqual:
            guard isTensorLeft != isTensorRight, (isTensorLeft ? right : left).isPlain else { return }
            report(
                offset,
                operation == .equal
                    ? "a tensor is never equal to a number: \(hint), x:eq(y) compares each"
                    : "a tensor is never equal to a number, so this is always true: \(hint), x:ne(y) compares each")
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            // Lua uses the metamethod of the left operand first, and a script's table may define one.
            let isAsked = operation == .less || operation == .lessOrEqual ? isTensorLeft : isTensorRight
            let other = isTensorLeft ? right : left
            guard isAsked || isTensorLeft && isTensorRight || other.isPlain || !isOrderDefined else { return }
            let name = [Token.Kind.less: "lt", .lessOrEqual: "le", .greater: "gt"][operation] ?? "ge"
            let what =
                isTensorLeft && isTensorRight ? "two tensors" : other.isPlain ? "a tensor with a number" : "a tensor"
            report(offset, "attempt to compare \(what): \(hint), x:\(name)(y) compares each")
        default: break
        }
    }

    private var isOrderDefined: Bool { survey.isOpen || survey.assignsField("__lt") || survey.assignsField("__le") }

    /// Reports `"loss " .. x:sum()`: a tensor is no text.
    func checkJoining(_ left: Evidence, _ right: Evidence, at offset: Int) {
        for (value, other) in [(left, right), (right, left)] {
            guard case .object("tensor") = value, other.isPlain || other.isTensor else { continue }
            return report(
                offset, "attempt to concatenate a tensor: x:item() is a tensor's number, tostring(x) its text")
        }
    }

    /// Reports `x.shape()` and `x:shape()`, unless the field may be a function.
    func checkCall(of property: ScriptIndex.Entry, named name: String, at offset: Int) {
        guard let owner = property.owner, let forms = property.declaration?.forms,
            forms.allSatisfy({ $0.results.count == 1 && isNoFunction($0.results[0].type) })
        else { return }
        report(offset, "\(name) of a \(owner) is a value, not a function: x.\(name)")
    }

    private func isNoFunction(_ type: ScriptType) -> Bool {
        switch type {
        case .list, .number, .integer, .string, .choice, .boolean, .none: true
        case .object(let name): index.types[name].map { $0.operators[.call] == nil } ?? false
        case .either(let types): types.allSatisfy(isNoFunction)
        case .any, .function, .table, .map, .record, .iterator: false
        }
    }
}

extension Evidence {
    fileprivate var isTensor: Bool { if case .object("tensor") = self { true } else { false } }

    /// Whether it is a number or a text.
    fileprivate var isPlain: Bool {
        switch self {
        case .number, .string: true
        default: false
        }
    }
}
