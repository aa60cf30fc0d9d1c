import LuaHost
import Scripting

/// Finds certain errors in a script without running it: syntax errors, names that are never set, missing modules,
/// members that no module or type has, options that no function has, too few or too many arguments.
///
/// Where something may make a name valid (a table that is passed on, loaded code, `_ENV`, another `package.path`) it
/// reports nothing: a finding is an error that a run would have, if it got there.
///
///     let checker = Checker(try ScriptIndex(Host.builtInModules))
///     for finding in checker.check(bytes) { print(finding.line, finding.message) }
public struct Checker {
    /// What `require` would find for a name.
    public enum Source: Sendable {
        /// The bytes of a Lua file, to be read for what it returns.
        case text([UInt8])
        /// Something that is not Lua source, such as a C module.
        case opaque
        /// Nothing of that name.
        case missing
    }

    let index: ScriptIndex
    let modulesAreGlobals: Bool
    let globals: Set<String>
    let find: (String) -> Source
    /// The modules that `find` would find, for suggestions.
    let names: () -> [String]
    private var surroundings = Survey()
    private let companions: (files: Companions, includeScript: Bool)?
    private let required: RequiredFiles

    /// A plugin's text, and how it would find modules.
    public struct Plugin {
        let text: [UInt8]
        let find: (String) -> Source

        /// By default the plugin's own `require` finds nothing.
        public init(_ text: [UInt8], find: @escaping (String) -> Source = { _ in .missing }) {
            self.text = text
            self.find = find
        }
    }

    /// - Parameters:
    ///   - modulesAreGlobals: whether modules are globals, as for one-liners and at the prompt.
    ///   - globals: further names that exist.
    ///   - plugins: plugins whose registered names exist.
    ///   - companions: texts of files that run together with the script; what they set exists.
    ///   - together: the same for many scripts, one of which is checked.
    ///   - required: files that were already read for other scripts.
    ///   - names: lists what `find` would find, for suggestions.
    ///   - find: looks up a file that the script requires.
    public init(
        _ index: ScriptIndex, modulesAreGlobals: Bool = false, globals: Set<String> = [], plugins: [Plugin] = [],
        companions: [[UInt8]] = [], together: Companions? = nil, required: RequiredFiles = RequiredFiles(),
        names: @autoclosure @escaping () -> [String] = [], find: @escaping (String) -> Source = { _ in .missing }
    ) {
        self.index = index
        self.modulesAreGlobals = modulesAreGlobals
        self.globals = globals
        self.find = find
        self.names = names
        self.companions =
            together.map { ($0, true) } ?? (companions.isEmpty ? nil : (Companions(companions), false))
        self.required = required
        for plugin in plugins {
            // A broken plugin registers nothing; its own check reports that.
            guard let tree = try? Parser.parse(bytes: plugin.text, isFile: true) else { continue }
            var survey = Survey(tree)
            _ = modules(requiredBy: &survey, plugin.find)
            surroundings.formUnion(survey)
        }
    }

    /// The syntax error of a text, in Lua's words; nil if there is none.
    public static func syntaxError(in bytes: [UInt8]) -> Finding? {
        guard let error = LuaSyntax.error(in: bytes, isFile: true) else { return nil }
        let place = SyntaxPlace.offset(of: error, in: bytes, isFile: true).map { SourceText(bytes).position(of: $0) }
        // Lua names the line at which it noticed the error; the word may have begun on an earlier line.
        let column = place.flatMap { $0.line == error.line ? $0.column : nil } ?? 1
        return Finding(line: error.line, column: column, message: error.message)
    }

    /// All findings, from the top down.
    public func check(_ bytes: [UInt8]) -> [Finding] {
        if let finding = Self.syntaxError(in: bytes) { return [finding] }
        guard let tree = try? Parser.parse(bytes: bytes, isFile: true) else { return [] }
        let source = SourceText(bytes)
        var survey = Survey(tree)
        survey.around = companions.map { Companions.Around($0.files, without: $0.includeScript ? survey : nil) }
        survey.formUnion(surroundings)
        let modules = modules(requiredBy: &survey, find)
        let inspection = Inspection(self, tree, survey, modules)
        inspection.run()
        return inspection.findings.map { offset, message in
            let place = source.position(of: offset)
            return Finding(line: place.line, column: place.column, message: message)
        }.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// Reads the files that a script requires, and those that these require.
    private func modules(requiredBy survey: inout Survey, _ find: (String) -> Source) -> Modules {
        var modules = Modules()
        modules.gather(survey.required.union(survey.attempted), &survey, required) { name in
            index.modules[name] == nil && StandardLibrary.libraries[name] == nil ? find(name) : .opaque
        }
        return modules
    }
}

/// The files that a script requires, and those that these require.
struct Modules {
    private(set) var read: [String: LocalModule] = [:]
    /// Files that the script itself requires and that do not exist.
    private(set) var missing: Set<String> = []
    private var seen: Set<String> = []

    fileprivate mutating func gather(
        _ names: Set<String>, _ survey: inout Survey, _ files: RequiredFiles, _ find: (String) -> Checker.Source
    ) {
        visit(names, &survey, files, find)
        // What changed the search path finds them, and they may do anything.
        if !missing.isEmpty, survey.touchesSearch { survey.isOpen = true }
    }

    private mutating func visit(
        _ names: Set<String>, _ survey: inout Survey, _ files: RequiredFiles, isOwn: Bool = true,
        _ find: (String) -> Checker.Source
    ) {
        // All are counted for this file before any of them requires more; sorted, as sets have no order.
        for name in names.sorted().filter({ seen.insert($0).inserted }) {
            switch find(name) {
            case .text(let bytes):
                guard let module = files.module(bytes) else {
                    survey.isOpen = true
                    continue
                }
                read[name] = module
                survey.formUnion(module.survey)
                visit(module.survey.required, &survey, files, isOwn: false, find)
                visit(module.survey.attempted, &survey, files, find)
            case .opaque: break
            case .missing:
                // A file required by another file may be where only that one looks.
                if isOwn { missing.insert(name) } else { survey.isOpen = true }
            }
        }
    }
}
