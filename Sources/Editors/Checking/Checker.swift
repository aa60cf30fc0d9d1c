import Scripting

/// Finds what is certainly wrong in a script without running it: what is no Lua, names that nothing sets, members that
/// no module or type has, options that no function takes.
///
/// Where anything could make a name valid (a table handed on, loaded text, `_ENV`, a required file that cannot be read)
/// it keeps silent: a finding is an error that a run would meet, or would meet if it got there.
///
///     let checker = Checker(try Catalogue(Host.builtInModules))
///     for finding in checker.check(bytes) { print(finding.line, finding.message) }
public struct Checker {
    /// What `require` would find under a name.
    public enum Source: Sendable {
        case text([UInt8])
        /// Something that cannot be read as Lua, such as a module in C.
        case opaque
        case missing
    }

    let catalogue: Catalogue
    let modulesAreGlobals: Bool
    let globals: Set<String>
    let find: (String) -> Source
    private let plugins: Survey

    /// - Parameters:
    ///   - modulesAreGlobals: whether every module is a global, as for one-liners and at the prompt.
    ///   - globals: more names that exist.
    ///   - plugins: the texts of plugins, for the names they register.
    ///   - find: looks for a file that the script requires.
    public init(
        _ catalogue: Catalogue, modulesAreGlobals: Bool = false, globals: Set<String> = [], plugins: [[UInt8]] = [],
        find: @escaping (String) -> Source = { _ in .missing }
    ) {
        self.catalogue = catalogue
        self.modulesAreGlobals = modulesAreGlobals
        self.globals = globals
        self.find = find
        var registered = Survey()
        for text in plugins {
            // A broken plugin registers nothing; its own check names it.
            if let tree = try? Parser.parse(bytes: text, isFile: true) { registered.formUnion(Survey(tree)) }
        }
        self.plugins = registered
    }

    /// Why a text is no Lua; nil when it is.
    public static func syntaxError(in bytes: [UInt8]) -> Finding? {
        do {
            _ = try Parser.parse(bytes: bytes, isFile: true)
            return nil
        } catch {
            return finding(error, in: SourceText(bytes))
        }
    }

    private static func finding(_ error: SyntaxError, in source: SourceText) -> Finding {
        let place = source.position(of: error.offset)
        // Lua names the line where it noticed; the token may have begun on an earlier one.
        let column = place.line == error.line ? place.column : 1
        return Finding(line: error.line, column: column, message: error.message)
    }

    /// What is wrong, from the top down.
    public func check(_ bytes: [UInt8]) -> [Finding] {
        let source = SourceText(bytes)
        let tree: SyntaxTree
        do {
            tree = try Parser.parse(bytes: bytes, isFile: true)
        } catch {
            return [Self.finding(error, in: source)]
        }
        var survey = Survey(tree)
        survey.formUnion(plugins)
        var modules: [String: LocalModule?] = [:]
        gather(survey.required, into: &modules, &survey)

        // Once to learn which tables are handed to somebody who may add to them, once to judge.
        let inspection = Inspection(self, tree, survey, modules)
        inspection.run()
        inspection.findings = []
        inspection.run()
        return inspection.findings.map { offset, message in
            let place = source.position(of: offset)
            return Finding(line: place.line, column: place.column, message: message)
        }.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    /// Reads the files that a script requires, and those that they require.
    private func gather(_ names: Set<String>, into modules: inout [String: LocalModule?], _ survey: inout Survey) {
        for name in names where catalogue.modules[name] == nil && modules[name] == nil {
            if StandardLibrary.libraries[name] != nil { continue }
            modules[name] = .some(nil)
            switch find(name) {
            case .text(let bytes):
                guard let tree = try? Parser.parse(bytes: bytes, isFile: true) else {
                    survey.isOpen = true
                    continue
                }
                let module = LocalModule(tree)
                modules[name] = module
                survey.formUnion(module.survey)
                gather(module.survey.required, into: &modules, &survey)
            case .opaque: break
            case .missing: survey.isOpen = true
            }
        }
    }
}
