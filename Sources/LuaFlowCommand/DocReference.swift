import Foundation
import LuaFlow
import Scripting

/// Everything that scripts can name as JSON: the output of `luaflow doc --json`, from which the web pages are made.
struct DocReference: Encodable {
    let version: String
    /// The modules in the order of `luaflow doc`.
    let modules: [Module]
    /// The types, each once, in the order of the modules that define them.
    let types: [Kind]

    struct Module: Encodable {
        let name: String
        let summary: String
        /// The function that calling the module runs.
        let call: Entry?
        let functions: [Entry]
        /// Groups of functions, by the last parts of their names; functions in no group come first.
        let sections: [Section]
        let constants: [Constant]
        /// The names of the types that it defines or adds members to.
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
        /// The metamethod of an operator.
        let metamethod: String?
        /// One line for each way to call it.
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
        /// The expected value in messages: `a number from 0`.
        let expected: String
        /// The default as a script would write it; none for required parameters.
        let fallback: String?
        let note: String
    }

    struct Result: Encodable { let name: String?, type: String }

    /// - Throws: the errors of ``ScriptIndex`` and of modules' constants.
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

    /// Keys are sorted, so that versions can be compared line by line.
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
        // Messages continue after a comma; it is removed here.
        expected = spec.expected.hasSuffix(",") ? String(spec.expected.dropLast()) : spec.expected
    }
}
