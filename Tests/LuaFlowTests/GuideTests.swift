import Foundation
import Testing

/// The guides of the web pages (`docs/guide`), typed as they stand there: every piece of Lua runs by itself with all
/// modules as globals, what it prints is what stands behind `-->`, files are written, commands run, and pieces of Swift
/// are those of Examples.
@Suite struct GuideTests {
    static let folder = Command.repository.appendingPathComponent("docs/guide")

    static var pages: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".md") }.sorted()
    }

    private static func lines(of page: String) throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent(page), encoding: .utf8).components(separatedBy: "\n")
    }

    @Test func thePagesAreThere() throws {
        #expect(Self.pages.count >= 9, "\(Self.pages)")
        let all = try Self.pages.flatMap { ReadmeTests.blocks(in: try Self.lines(of: $0)[...]) }
        let kinds = Set(all.map(\.language))
        #expect(kinds.subtracting(["", "lua", "sh", "swift", "text"]).isEmpty, "\(kinds)")
        #expect(all.count { $0.language == "lua" } >= 30)
    }

    @Test(arguments: pages) func whatStandsThereWorks(page: String) throws {
        let scratch = try ReadmeTests.copy()
        for block in ReadmeTests.blocks(in: try Self.lines(of: page)[...]) {
            switch block.language {
            case "lua" where Self.namesAFile(block.lines[0]): try ReadmeTests.save(block.lines, in: scratch)
            case "lua": try Self.run(block.lines, of: page, in: scratch)
            case "sh":
                for line in block.lines where !line.isEmpty { try ReadmeTests.run(line, in: scratch, isQuiet: false) }
            case "": try ReadmeTests.type(block.lines, in: scratch)
            case "swift": try Self.findInExamples(block.lines, of: page)
            default: break
            }
        }
    }

    /// `-- scripts/inpainting/masks.lua`
    private static func namesAFile(_ line: String) -> Bool {
        line.hasPrefix("-- ") && line.hasSuffix(".lua") && !line.dropFirst(3).contains(" ")
    }

    /// One piece by itself: it ends without an error, and prints what it says it prints, in this order.
    private static func run(_ lines: [String], of page: String, in scratch: Scratch) throws {
        let result = try Command.run(["-e", lines.joined(separator: "\n")], in: scratch.url)
        #expect(result.status == 0 && result.errors.isEmpty, "\(page), \(lines[0]): \(result.errors)\(result.output)")
        var rest = words(result.output)[...]
        for line in lines {
            guard let arrow = line.range(of: "--> ") else { continue }
            let said = words(String(line[arrow.upperBound...]))
            guard let found = rest.range(of: said) else {
                Issue.record("\(page): \(line)\nprinted: \(result.output)")
                return
            }
            rest = rest[found.upperBound...]
        }
    }

    /// Words with one space between them: tabs are not to be seen on a page.
    private static func words(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The lines stand in one file of Examples, one after the other.
    private static func findInExamples(_ lines: [String], of page: String) throws {
        let sources = Command.repository.appendingPathComponent("Examples/Sources")
        let files = (FileManager.default.enumerator(atPath: sources.path)?.allObjects as? [String] ?? [])
            .filter { $0.hasSuffix(".swift") }
        let piece = lines.filter { !$0.isEmpty }
        let isThere = try files.contains { file in
            let source = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
                .components(separatedBy: "\n").filter { !$0.isEmpty && !$0.hasPrefix("//") }
            return source.indices.contains { source[$0...].starts(with: piece) }
        }
        #expect(isThere, "\(page): no file of Examples has \(lines[0]) ...")
    }

    /// Pictures that pages show are there, and links between pages lead somewhere.
    @Test(arguments: pages) func linksLeadSomewhere(page: String) throws {
        var isCode = false
        for line in try Self.lines(of: page) {
            if line.hasPrefix("```") { isCode.toggle() }
            if isCode { continue }
            for match in line.matches(of: /\]\(([^):]+)\)/) {
                let target = String(match.1.prefix { $0 != "#" })
                // The reference is made by `make docs`.
                if target.isEmpty || target.hasPrefix("reference/") { continue }
                let path = Self.folder.appendingPathComponent(target).path
                #expect(FileManager.default.fileExists(atPath: path), "\(page): \(target)")
            }
        }
    }
}
