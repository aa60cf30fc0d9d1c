/// The table that a required file returns, if the file only assigns to it by name and passes it to nothing else.
struct LocalModule {
    /// The members; nil if there may be others.
    let members: Set<String>?
    let survey: Survey

    init(_ tree: SyntaxTree) {
        survey = Survey(tree)
        members = Self.members(of: tree)
    }

    private static func members(of tree: SyntaxTree) -> Set<String>? {
        // With `_ENV`, or with a second return, other things may be returned.
        guard !tree.namesEnvironment, tree.body.returns == 1,
            case .returning(let values)? = tree.body.statements.last?.kind, values.count == 1
        else { return nil }
        if let fields = values[0].tableFields { return names(of: fields) }
        guard case .name(.local(let variable)) = values[0].kind, !tree.locals[variable].isReassigned,
            var members = constructor(of: variable, in: tree.body)
        else { return nil }
        var uses = 0
        var isPlain = true
        Walk { expression, use in
            switch expression.kind {
            case .name(.local(variable)):
                if case .base = use { return }
                uses += 1
            case .chain(let base, let suffixes):
                guard case .name(.local(variable)) = base.kind else { return }
                if let name = suffixes.first?.fieldName {
                    if case .target = use, suffixes.count == 1 { members.insert(name) }
                } else if case .method = suffixes.first?.kind {
                    // A method of the table may add members.
                    isPlain = false
                } else if case .target = use {
                    isPlain = false
                }
            default: break
            }
        }.block(tree.body)
        // Used as a whole exactly once: where it is returned.
        return isPlain && uses == 1 ? members : nil
    }

    private static func constructor(of variable: Int, in block: Block) -> Set<String>? {
        for case .local(let variables, let values) in block.statements.map(\.kind) {
            guard let place = variables.firstIndex(of: variable), place < values.count else { continue }
            return values[place].tableFields.flatMap(names)
        }
        return nil
    }

    private static func names(of fields: [Field]) -> Set<String>? {
        var names: Set<String> = []
        for field in fields {
            guard case .name(let name) = field.key else { return nil }
            names.insert(name)
        }
        return names
    }
}

extension Block {
    /// The number of return statements of the file itself, not of functions in it.
    fileprivate var returns: Int {
        statements.reduce(0) { count, statement in
            switch statement.kind {
            case .returning: count + 1
            case .block(let inner), .whileLoop(_, let inner), .repeatLoop(let inner, _), .numericLoop(_, _, let inner),
                .genericLoop(_, _, let inner):
                count + inner.returns
            case .conditional(let branches, let otherwise):
                branches.reduce(count + (otherwise?.returns ?? 0)) { $0 + $1.block.returns }
            default: count
            }
        }
    }
}
