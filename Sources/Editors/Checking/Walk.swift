/// How an expression is used.
enum Use {
    case value
    /// Only tested: a condition, or an operand of `and`, `or`, `not` or `==`.
    case tested
    /// Assigned to.
    case target
    /// Called, or indexed.
    case base
    /// An argument of a call; with the function, if it has a plain name.
    case argument(of: Expression?)
}

/// Visits every expression of a program, outer ones first.
struct Walk {
    let visit: (Expression, Use) -> Void

    func block(_ block: Block) { block.statements.forEach(statement) }

    private func statement(_ statement: Statement) {
        switch statement.kind {
        case .local(_, let values), .returning(let values): values.forEach { expression($0, .value) }
        case .localFunction(_, let body): block(body.block)
        case .function(let target, let body):
            expression(target, .target)
            block(body.block)
        case .assign(let targets, let values):
            targets.forEach { expression($0, .target) }
            values.forEach { expression($0, .value) }
        case .call(let call): expression(call, .value)
        case .block(let inner): block(inner)
        case .whileLoop(let condition, let inner), .repeatLoop(let inner, until: let condition):
            expression(condition, .tested)
            block(inner)
        case .conditional(let branches, let otherwise):
            for branch in branches {
                expression(branch.condition, .tested)
                block(branch.block)
            }
            otherwise.map(block)
        case .numericLoop(_, let values, let inner), .genericLoop(_, let values, let inner):
            values.forEach { expression($0, .value) }
            block(inner)
        case .jump: break
        }
    }

    private func expression(_ expression: Expression, _ use: Use) {
        visit(expression, use)
        switch expression.kind {
        case .nil, .true, .false, .integer, .number, .vararg, .string, .name: break
        case .function(let body): block(body.block)
        case .parenthesised(let inner): self.expression(inner, use)
        case .chain(let base, let suffixes):
            self.expression(base, .base)
            for (index, suffix) in suffixes.enumerated() {
                switch suffix.kind {
                case .field: break
                case .index(let key): self.expression(key, .value)
                case .call(let arguments):
                    arguments.forEach { self.expression($0, .argument(of: index == 0 ? base : nil)) }
                case .method(_, let arguments): arguments.forEach { self.expression($0, .argument(of: nil)) }
                }
            }
        case .table(let fields):
            for field in fields {
                if case .expression(let key) = field.key { self.expression(key, .value) }
                self.expression(field.value, .value)
            }
        case .unary(let operation, let operand): self.expression(operand, operation == .not ? .tested : .value)
        case .binary(let first, let rest):
            let logical: Set<Token.Kind> = [.and, .or, .equal, .notEqual]
            let tests = rest.first.map { logical.contains($0.operation) } ?? false
            self.expression(first, tests ? .tested : .value)
            for (operation, operand) in rest {
                self.expression(operand, logical.contains(operation) ? .tested : .value)
            }
        }
    }
}
