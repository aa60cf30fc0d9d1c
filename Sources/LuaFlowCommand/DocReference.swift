import Foundation
import LuaFlow
import Scripting

/// Everything that scripts can name, as JSON: what `luaflow doc --json` prints and the web pages are made of.
struct DocReference: Encodable {
    let version: String
    /// In the order in which `luaflow doc` lists them.
    let modules: [Module]
    /// Each once, in the order of the modules that bring them.
    let types: [Kind]

    struct Module: Encodable {
        let name: String
        let summary: String
        /// What calling the module itself does.
        let call: Entry?
        let functions: [Entry]
        /// How the functions are grouped, by the last parts of their names; those in no section come first.
        let sections: [Section]
        let constants: [Constant]
        /// The names of the types that it brings, or adds members to.
        let types: [String]
    }

    struct Section: Encodable { let title: String, names: [String] }

    struct Constant: Encodable { let name: String, value: String }

    struct Kind: Encodable {
        let name: String
        let summary: String
        let members: [Entry]
    }

    struct Entry: Encodable {
        let name: String
        let kind: String
        /// Lua's metamethod, of an operator.
        let metamethod: String?
        /// One line for every way of calling it.
        let signature: [String]
        let summary: String
        let parameters: [Parameter]
        let results: [Result]
        let errors: String?
        let source: String?
        let example: String?
        let see: [String]
    }

    struct Parameter: Encodable {
        let name: String
        let type: String
        /// `a number from 0`
        let expected: String
        /// As a script writes it; none for what has to be given.
        let fallback: String?
        let note: String
    }

    struct Result: Encodable { let name: String?, type: String }

    /// - Throws: what ``ScriptIndex`` and a module's constants throw.
    init(_ scriptModules: [any ScriptModule], version: String) throws {
        self.version = version
        let index = try ScriptIndex(scriptModules)
        modules = try scriptModules.map { try Module($0, index) }
        var seen: Set<String> = []
        types = scriptModules.flatMap(\.types).map(\.type.name).filter { seen.insert($0).inserted }.map { name in
            Kind(
                name: name, summary: index.types[name]?.summary ?? "",
                members: index.entries.filter { $0.owner == name }.map(Entry.init))
        }
    }

    /// Keys are sorted, so that two versions can be compared line by line.
    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

extension DocReference.Module {
    init(_ module: any ScriptModule, _ index: ScriptIndex) throws {
        name = module.name
        summary = module.summary
        call = index.modules[module.name]?.call.map(DocReference.Entry.init)
        functions = index.entries.filter { $0.kind == .function && $0.name.hasPrefix(module.name + ".") }
            .map(DocReference.Entry.init)
        sections = module.sections.map { .init(title: $0.title, names: $0.names) }
        constants = try module.constants(Context()).map {
            .init(name: "\(module.name).\($0.key)", value: $0.value.shown)
        }
        var seen: Set<String> = []
        types = module.types.map(\.type.name).filter { seen.insert($0).inserted }
    }
}

extension DocReference.Entry {
    init(_ entry: ScriptIndex.Entry) {
        let documentation = entry.documentation
        name = entry.name
        (kind, metamethod) =
            switch entry.kind {
            case .function: ("function", nil)
            case .call: ("call", nil)
            case .method: ("method", nil)
            case .property: ("property", nil)
            case .setter: ("setter", nil)
            case .symbol(let key): ("operator", key.rawValue)
            }
        signature = documentation.signature.split(separator: "\n").map(String.init)
        summary = documentation.summary
        var seen: Set<String> = []
        parameters = (entry.declaration?.forms ?? []).flatMap(\.specs).filter { seen.insert($0.name).inserted }
            .map(DocReference.Parameter.init)
        results = (entry.declaration?.forms.first?.results ?? []).map { .init(name: $0.name, type: "\($0.type)") }
        (errors, source) = (documentation.errors, documentation.source)
        (example, see) = (documentation.example, documentation.see)
    }
}

extension DocReference.Parameter {
    init(_ spec: ParameterSpec) {
        (name, note, fallback) = (spec.name, spec.note, spec.fallback)
        type = "\(spec.type)"
        // What messages go on behind with a comma.
        expected = spec.expected.hasSuffix(",") ? String(spec.expected.dropLast()) : spec.expected
    }
}
