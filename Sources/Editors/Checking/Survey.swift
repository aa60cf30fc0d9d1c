import Scripting

/// What a file does to names anywhere in it, collected before anything is judged.
struct Survey {
    /// Globals that are assigned.
    var globals: Set<String> = []
    /// Those of them that may be assigned where the file does not show it: in another file, or through `_G`.
    var hiddenGlobals: Set<String> = []
    /// Globals that the file tests before it uses them: `jit and jit.version`.
    var tested: Set<String> = []
    /// Fields that are assigned, of any table, and names passed to `host.register`.
    var fields: Set<String> = []
    /// Whether globals may come from elsewhere: loaded code, `_ENV`, a table that is `_G`.
    var isOpen = false
    /// Names passed to `host.register`, by kind.
    var constructors: [String: Set<String>] = [:]
    /// Whether any name may have been registered.
    var registersAnything = false
    /// The modules that it requires by name.
    var required: Set<String> = []
    /// The modules that it requires by `pcall(require, "name")`.
    var attempted: Set<String> = []
    /// Whether it uses `package`, and so may find modules elsewhere.
    var touchesSearch = false

    /// What files that are checked together define.
    var around: Companions.Around?

    init() {}

    init(_ tree: SyntaxTree) {
        isOpen = tree.namesEnvironment
        var survey = self
        Walk { survey.note($0, $1) }.block(tree.body)
        self = survey
    }

    /// Adds what another file does.
    mutating func formUnion(_ other: Survey) {
        isOpen = isOpen || other.isOpen
        touchesSearch = touchesSearch || other.touchesSearch
        share(other)
    }

    /// Adds what another file defines and this one may use.
    mutating func share(_ other: Survey) {
        globals.formUnion(other.globals)
        hiddenGlobals.formUnion(other.globals)
        fields.formUnion(other.fields)
        constructors.merge(other.constructors) { $0.union($1) }
        registersAnything = registersAnything || other.registersAnything
    }

    /// Whether a global of this name is assigned somewhere.
    func sets(_ name: String) -> Bool { globals.contains(name) || around?.sets(name) == true }
    /// Whether it is assigned where the file does not show it.
    func setsUnseen(_ name: String) -> Bool { hiddenGlobals.contains(name) || around?.sets(name) == true }
    /// Whether a field of this name is assigned somewhere.
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
            // What pcall does with it is handled at the call.
            if callee?.globalName == "pcall", name == "require" { return }
            if Self.powers.contains(name) { isOpen = true }
        case .value: if Self.powers.contains(name) { isOpen = true }
        case .base: break
        }
    }

    /// Globals that give access to all others when they are passed on.
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

    /// `host.register{projections = {Mine = f}}` defines names that exist only at run time.
    private mutating func noteRegistrations(_ suffixes: [Suffix], _ use: Use) {
        guard suffixes.first?.fieldName == "register" else { return }
        guard suffixes.count >= 2, case .call(let arguments) = suffixes[1].kind else {
            // The function itself, which may be called under another name.
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
    /// The name in `.name` or `["name"]`.
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
