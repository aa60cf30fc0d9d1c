/// What people who come from other languages do with a tensor where Lua wants a number or a truth.
extension Inspection {
    /// A condition that is a tensor holds whatever is in it.
    func checkCondition(_ condition: Expression, _ value: Evidence) {
        guard isSolid, case .object("tensor") = value else { return }
        report(
            condition.offset,
            "a tensor as a condition is always true, whatever its numbers are: x:item() is the number of one, "
                + "x:any():item() and x:all():item() ask all")
    }

    /// `x:sum() == 4` is false, `x:sum() < 4` an error: Lua compares a tensor with a number in neither way.
    func checkComparison(_ operation: Token.Kind, _ left: Evidence, _ right: Evidence, at offset: Int) {
        let isTensorLeft = left.isTensor, isTensorRight = right.isTensor
        guard isTensorLeft != isTensorRight else { return }
        switch isTensorLeft ? right : left {
        case .number, .string: break
        default: return
        }
        let hint = "x:item() is a tensor's number"
        switch operation {
        case .equal:
            report(offset, "a tensor is never equal to a number: \(hint), x:eq(y) compares each")
        case .notEqual:
            report(offset, "a tensor is never equal to a number, so this is always true: \(hint), x:ne(y) compares each")
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let name = [Token.Kind.less: "lt", .lessOrEqual: "le", .greater: "gt"][operation] ?? "ge"
            report(offset, "attempt to compare a tensor with a number: \(hint), x:\(name)(y) compares each")
        default: break
        }
    }
}

extension Evidence {
    fileprivate var isTensor: Bool { if case .object("tensor") = self { true } else { false } }
}
