import Foundation
import LuaFlow
import Testing

/// `luaflow doc --json` has every name, with everything that the name's page has.
@Suite struct DocReferenceTests {
    private struct Reference: Decodable {
        struct Module: Decodable {
            let name: String, summary: String, call: Entry?, functions: [Entry], constants: [Constant], types: [String]
            let sections: [Section]
        }
        struct Section: Decodable { let names: [String] }
        struct Constant: Decodable { let name: String }
        struct Kind: Decodable { let name: String, members: [Entry] }
        struct Entry: Decodable {
            let name: String, kind: String, signature: [String], summary: String, parameters: [Parameter]
            let errors: String?, source: String?, example: String?, see: [String]
        }
        struct Parameter: Decodable {
            let name: String, type: String, expected: String, fallback: String?, note: String
        }

        let modules: [Module]
        let types: [Kind]

        var entries: [Entry] {
            modules.flatMap { ($0.call.map { [$0] } ?? []) + $0.functions } + types.flatMap(\.members)
        }
    }

    private static func reference() throws -> Reference {
        let result = try Command.run(["doc", "--json"])
        try #require(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        return try JSONDecoder().decode(Reference.self, from: Data(result.output.utf8))
    }

    @Test func everyNameIsThereWithItsPage() throws {
        let reference = try Self.reference()
        let entries = Dictionary(grouping: reference.entries, by: \.name)
        for (name, documentation) in try DocumentationTests.entries() {
            let entry = try #require(entries[name]?.first, "\(name) is missing")
            #expect(entry.summary == documentation.summary, "\(name)")
            #expect(entry.signature.joined(separator: "\n") == documentation.signature, "\(name)")
            #expect(entry.errors == documentation.errors && entry.source == documentation.source, "\(name)")
            #expect(entry.example == documentation.example && entry.see == documentation.see, "\(name)")
        }
        // Modules, types and plain values as well; the name of a table within a module is a part of its functions'
        // names.
        let known = Set(
            entries.keys + reference.modules.map(\.name) + reference.types.map(\.name)
                + reference.modules.flatMap(\.constants).map(\.name))
        for name in try Manual(Host.builtInModules).names {
            #expect(known.contains(name) || known.contains { $0.hasPrefix(name + ".") }, "\(name)")
        }
        for module in reference.modules {
            let names = Set(module.functions.map { String($0.name.split(separator: ".").last ?? "") })
            #expect(names.isSuperset(of: module.sections.flatMap(\.names)), "\(module.name)")
            #expect(Set(module.types).isSubset(of: reference.types.map(\.name)), "\(module.name)")
        }
    }

    @Test func parametersHaveTypesAndDefaults() throws {
        let entries = try Self.reference().entries
        let sum = try #require(entries.first { $0.name == "tensor.norm" })
        let p = try #require(sum.parameters.first { $0.name == "p" })
        #expect(p.fallback == "2" && !p.expected.isEmpty && !p.note.isEmpty)
        let x = try #require(sum.parameters.first { $0.name == "x" })
        #expect(x.fallback == nil && x.type.contains("tensor"))
    }

    @Test func nothingElseGoesWithIt() throws {
        for arguments in [["doc", "--json", "tensor"], ["doc", "--json", "--luacats"], ["doc", "--json", "--search"]] {
            let result = try Command.run(arguments)
            #expect(result.status == 2 && result.output.isEmpty && result.errors.contains("--json"), "\(arguments)")
        }
    }
}
