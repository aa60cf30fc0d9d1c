import Scripting

/// What a file does to names, wherever in the file it does it: read before anything is judged.
struct Survey {
    /// Globals assigned to.
    var globals: Set<String> = []
    /// Globals of those that may be assigned to where the file does not show it: in another file, or through `_G`.
    var hiddenGlobals: Set<String> = []
    /// Globals that the file asks for before it uses them: `jit and jit.version`.
    var tested: Set<String> = []
    /// Fields assigned to, of whatever table, and names given to `host.register`.
    var fields: Set<String> = []
    /// Whether globals may come from elsewhere: loaded text, `_ENV`, a table that is `_G`.
    var isOpen = false
    /// Names given to `host.register`, by kind.
    var constructors: [String: Set<String>] = [:]
    /// Whether anything may have been registered.
    var registersAnything = false
    /// The modules it requires by name.
    var required: Set<String> = []
    /// The modules it asks for in `pcall(require, "name")`.
    var attempted: Set<String> = []
    /// Whether it touches `package`, and so may find modules where nobody else would.
    var touchesSearch = false

    /// What files that are checked together make besides.
    var around: Companions.Around?

    init() {}

    init(_ tree: SyntaxTree) {
        isOpen = tree.namesEnvironment
        var survey = self
        Walk { survey.note($0, $1) }.block(tree.body)
        self = survey
    }

    /// Takes in what another file does.
    mutating func formUnion(_ other: Survey) {
        isOpen = isOpen || other.isOpen
        touchesSearch = touchesSearch || other.touchesSearch
        share(other)
    }

    /// Takes in what another file makes that this one may use.
    mutating func share(_ other: Survey) {
        globals.formUnion(other.globals)
        hiddenGlobals.formUnion(other.globals)
        fields.formUnion(other.fields)
        constructors.merge(other.constructors) { $0.union($1) }
        registersAnything = registersAnything || other.registersAnything
    }

    /// Whether something assigns to a global of this name.
    func sets(_ name: String) -> Bool { globals.contains(name) || around?.sets(name) == true }
    /// Whether something does that the file does not show.
    func setsUnseen(_ name: String) -> Bool { hiddenGlobals.contains(name) || around?.sets(name) == true }
    /// Whether something assigns to a field of this name.
    func assignsField(_ name: String) -> Bool { fields.contains(name) || around?.assignsField(name) == true }
    var mayRegisterAnything: Bool { registersAnything || around?.registersAnything == true }
    func constructors(of kind: String) -> Set<String> {
        (constructors[kind] ?? []).union(around?.constructors(of: kind) ?? [])
    }
    /// For suggestions.
    var knownGlobals: Set<String> { around.map { globals.union($0.globals) } ?? globals }

    private mutating func note(_ expression: Expression, _ use: Use) {
        switch expression.kind {
        case .name(.global(let name)): note(name, use)
        case .chain(let base, let suffixes): note(base, suffixes, use)
        default: break
        }
    }

    private mutating func note(_ name: String, _ use: Use) {
        if StandardLibrary.loaders.contains(name) { isOpen = true }
        if name == "package" { touchesSearch = true }
        switch use {
        case .target: globals.insert(name)
        case .tested: tested.insert(name)
        case .argument(of: let callee):
            if callee?.globalName == "type" { tested.insert(name) }
            // What pcall does with it is seen at the call.
            if callee?.globalName == "pcall", name == "require" { return }
            if Self.powers.contains(name) { isOpen = true }
        case .value: if Self.powers.contains(name) { isOpen = true }
        case .base: break
        }
    }

    /// Globals that reach every other when they are handed to somebody.
    private static let powers: Set<String> = ["_G", "require", "debug"]

    private mutating func note(_ base: Expression, _ suffixes: [Suffix], _ use: Use) {
        if case .target = use, let name = suffixes.last?.fieldName { fields.insert(name) }
        guard let global = base.globalName else {
            noteRegistrations(suffixes, use)
            return
        }
        switch global {
        case "_G":
            if let name = suffixes.first?.fieldName {
                if case .target = use, suffixes.count == 1 {
                    globals.insert(name)
                    hiddenGlobals.insert(name)
                } else {
                    tested.insert(name)
                }
                if StandardLibrary.loaders.contains(name) { isOpen = true }
            } else {
                isOpen = true
            }
        case "debug":
            isOpen = isOpen || !(suffixes.first?.fieldName.map(StandardLibrary.harmlessDebug.contains) ?? false)
        case "require":
            if let name = suffixes.requiredName { required.insert(name) } else { isOpen = true }
            noteRegistrations(Array(suffixes.dropFirst()), use)
        case "pcall":
            guard case .call(let arguments)? = suffixes.first?.kind, arguments.first?.globalName == "require"
            else { break }
            if arguments.count == 2, case .string(let name) = arguments[1].kind {
                attempted.insert(name)
            } else {
                isOpen = true
            }
        case "host": noteRegistrations(suffixes, use)
        default: break
        }
    }

    /// `host.register{projections = {Mine = f}}` makes names that only a run knows.
    private mutating func noteRegistrations(_ suffixes: [Suffix], _ use: Use) {
        guard suffixes.first?.fieldName == "register" else { return }
        guard suffixes.count >= 2, case .call(let arguments) = suffixes[1].kind else {
            // The function itself, for somebody who calls it under another name.
            if case .target = use { return }
            return registersAnything = true
        }
        guard let kinds = arguments.first?.tableFields else { return registersAnything = true }
        for kind in kinds {
            guard case .name = kind.key, let entries = kind.value.tableFields else { return registersAnything = true }
            for entry in entries {
                guard case .name(let name) = entry.key else {
                    registersAnything = true
                    continue
                }
                fields.insert(name)
                if case .name(let kind) = kind.key { constructors[kind, default: []].insert(name) }
            }
        }
    }
}

extension Expression {
    var globalName: String? {
        if case .name(.global(let name)) = kind { return name }
        return nil
    }

    var tableFields: [Field]? {
        if case .table(let fields) = kind { return fields }
        return nil
    }
}

extension Suffix {
    /// `.name` or `["name"]`.
    var fieldName: String? {
        switch kind {
        case .field(let name): return name
        case .index(let key):
            if case .string(let name) = key.kind { return name }
            return nil
        default: return nil
        }
    }
}

extension [Suffix] {
    /// The literal name in `require "name"`.
    var requiredName: String? {
        guard let first, case .call(let arguments) = first.kind, arguments.count == 1,
            case .string(let name) = arguments[0].kind
        else { return nil }
        return name
    }
}
