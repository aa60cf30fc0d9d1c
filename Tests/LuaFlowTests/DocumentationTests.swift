import Foundation
import LuaFlow
import Testing

/// Everything that scripts can name is documented, and every example runs.
@Suite struct DocumentationTests {
    static func entries() throws -> [(name: String, documentation: Documentation)] {
        try Manual(Host.builtInModules).all
    }

    @Test func everyNameHasAnExample() throws {
        for (name, documentation) in try DocumentationTests.entries() where !name.hasSuffix("tostring") {
            #expect(documentation.example != nil, "\(name) has no example")
            #expect(!documentation.signature.isEmpty && !documentation.summary.isEmpty, "\(name)")
        }
    }

    @Test(arguments: Host.builtInModules.map(\.name))
    func examplesRun(module: String) throws {
        let one = try #require(Host.builtInModules.first { $0.name == module })
        let scratch = try Scratch()
        for (name, documentation) in try Manual([one]).all {
            guard let example = documentation.example else { continue }
            var options = Interpreter.Options()
            options.globals = true
            let host = try Host(options: options)
            host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
            // Examples write files in the test's folder only.
            let prelude = "local n = 0 os.tmpname = function() n = n + 1 return [[\(scratch.path("file"))]] .. n end "
            do {
                try host.run(code: prelude + example, name: "example of \(name)")
            } catch {
                Issue.record("\(name): \(error)\n\(example)")
            }
        }
    }

    @Test func pagesEndTheirSentencesOnce() throws {
        let index = try Manual(Host.builtInModules)
        for name in index.names {
            let lines = try index.page(name).split(separator: "\n")
            #expect(!lines.contains { $0.hasSuffix("..") && !$0.hasSuffix("...") }, "\(name)")
        }
        // In the text of a set {x : a . x <= b} the dot is no end of a sentence: pages must not break there.
        #expect(try !index.page("projection").contains(" . \n") && !index.page("projection").contains("a .\n"))
    }

    @Test func pagesAreFound() throws {
        let index = try Manual(Host.builtInModules)
        #expect(try index.page(nil).contains("projection"))
        #expect(try index.page("flow").contains("flow.load"))
        #expect(try index.page("tensor:backward").contains("retain_graph"))
        #expect(try index.page("backward").contains("retain_graph"))
        let error = #expect(throws: ScriptError.self) { try index.page("flow.lod") }
        #expect(error?.description.contains("flow.load") == true)
    }
}
