/// What scripts and plugins registered with `host.register`, by kind and name.
///
///     for command in registry.entries(.commands) { print(":\(command.name)", command.help ?? "") }
///     if let command = registry.entry(.commands, "frames") { _ = try command.function.call([.string("30")]) }
///
/// A name can be registered once per kind; registering it again is an error that names both places. A file that is
/// loaded again replaces what it registered before.
public final class Registry: Service {
    /// The kinds that can be registered, in the order of listings.
    public private(set) var kinds: [RegistryKind] = []
    private var registrations: [RegistryKind: [Registration]] = [:]
    private var reserved: [RegistryKind: () -> [String]] = [:]
    /// The files being loaded, outermost first.
    private var loads: [ByteString] = []
    private var isInput: ((String) -> Bool)?

    public init() {}

    /// Adds kinds that a module declares.
    public func declare(_ kinds: [RegistryKind]) { self.kinds += kinds.filter { !self.kinds.contains($0) } }

    /// The kind of a name that a script gave.
    /// - Throws: ``ScriptError`` that suggests the nearest kind.
    public func kind(named name: String, for operation: String) throws -> RegistryKind {
        if let kind = kinds.first(where: { $0.name == name }) { return kind }
        throw ScriptError(operation, RegistryKind.unknown(name, among: kinds))
    }

    /// The registrations of a kind, in the order in which they were made.
    public func entries(_ kind: RegistryKind) -> [Registration] { registrations[kind] ?? [] }

    /// The registration of that name, if there is one.
    public func entry(_ kind: RegistryKind, _ name: some ByteStringConvertible) -> Registration? {
        let name = name.byteString
        return registrations[kind]?.first { $0.name == name }
    }

    /// All registrations, in the order of the kinds.
    public var all: [Registration] { kinds.flatMap { entries($0) } }

    /// Reserves names that the program itself uses under a kind. `names` is called at each registration.
    public func reserve(_ kind: RegistryKind, _ names: @escaping () -> [String]) {
        let before = reserved[kind]
        reserved[kind] = { (before?() ?? []) + names() }
    }

    /// Whether the program itself uses the name.
    public func isReserved(_ kind: RegistryKind, _ name: some ByteStringConvertible) -> Bool {
        reserved[kind]?().contains { ByteString($0) == name.byteString } ?? false
    }

    /// Tells which source names are inputs of a prompt: together they count as one file, so that a later input replaces
    /// what an earlier one registered.
    public func takeInputsTogether(_ isInput: @escaping (String) -> Bool) { self.isInput = isInput }

    /// Registers `{schedules = {name = f, ...}, ...}`, all of it or nothing.
    /// - Throws: ``ScriptError`` for an unknown kind, a name that is taken (naming both places), or a value of the
    ///   wrong type.
    public func add(_ table: any ScriptTable, at place: ScriptPlace?, for operation: String) throws {
        var additions: [Registration] = []
        for (key, value) in try table.entries() {
            guard case .string(let kind) = key else {
                throw ScriptError(operation, "a kind such as schedules expected, got \(key.shown) = \(value.shown)")
            }
            let known = try self.kind(named: kind.text, for: operation)
            guard case .table(let members) = value else {
                throw ScriptError(operation, "\(kind): a table from names to functions expected, got \(value.shown)")
            }
            for (key, value) in try members.entries() {
                guard case .string(let name) = key else {
                    throw ScriptError(
                        operation, "\(kind): a name and a function expected, got \(key.shown) = \(value.shown)")
                }
                let addition = try Registration(
                    known, name, value, place: place, owner: loads.first ?? place.map { identity($0.path) },
                    for: operation)
                try checkFree(addition, operation)
                additions.append(addition)
            }
        }
        for addition in additions {
            registrations[addition.kind]?.removeAll { $0.name == addition.name }
            registrations[addition.kind, default: []].append(addition)
        }
    }

    private func checkFree(_ addition: Registration, _ operation: String) throws {
        let (kind, name) = (addition.kind, addition.name)
        if isReserved(kind, name) {
            throw ScriptError(
                operation,
                "\(kind.shown(name.text)) is built in; choose another name" + place(" (yours: ", addition, ")"))
        }
        guard let former = entry(kind, name), !isReplaced(former, by: addition) else { return }
        throw ScriptError(
            operation,
            "\(kind.shown(name.text)) is registered already, at \(former.origin)"
                + place(" (and now at ", addition, ")"))
    }

    /// Whether a registration replaces a former one: a file that runs again replaces its own, but not twice within one
    /// run.
    private func isReplaced(_ former: Registration, by addition: Registration) -> Bool {
        guard let owner = addition.owner, owner == former.owner else { return false }
        return !loads.contains(owner)
    }

    private func place(_ before: String, _ addition: Registration, _ after: String) -> String {
        addition.place.map { before + $0.description + after } ?? ""
    }

    /// Runs `body`, which loads a file. What the file registered before is removed first; if `body` throws, everything
    /// is restored.
    @discardableResult
    public func loading<R>(_ file: some ByteStringConvertible, _ body: () throws -> R) rethrows -> R {
        let before = registrations
        let owner = identity(file.byteString)
        if loads.isEmpty {
            for kind in registrations.keys { registrations[kind]?.removeAll { $0.owner == owner } }
        }
        loads.append(owner)
        defer { loads.removeLast() }
        do {
            return try body()
        } catch {
            registrations = before
            throw error
        }
    }

    /// The registrations made by a file.
    public func entries(of file: some ByteStringConvertible) -> [Registration] {
        let owner = identity(file.byteString)
        return all.filter { $0.owner == owner }
    }

    /// One identity for all spellings of a path; sources that are no files have names in parentheses.
    private func identity(_ file: ByteString) -> ByteString {
        if isInput?(file.text) == true { return "(inputs)" }
        return file.hasPrefix("(") ? file : file.resolvedPath ?? LoadedFiles.absolute(file)
    }
}
