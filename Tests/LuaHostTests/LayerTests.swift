import Foundation
import Testing

/// The files of CLuaTrampolines form layers, in the order that its `state.h` states: a file calls only functions of
/// files before it, except through the pointers named there.
@Suite struct LayerTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/CLuaTrampolines")

    private static func text(_ file: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
    }

    /// The files in the order that state.h states.
    private static func order() throws -> [String] {
        let head = try text("state.h").prefix { $0 != "#" }
        return head.matches(of: /\w+\.c\b/).map { String($0.output) }
    }

    @Test func everyFileHasItsPlaceOnce() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".c") }
        #expect(try Self.order().sorted() == files.sorted())
    }

    @Test func callsPointDown() throws {
        let files = try Self.order()
        var places: [Substring: Int] = [:]
        let definition = /\n(?!static)[a-z][\w *]*?\b(lf_\w+)\([^;{]*\) ?\{/
        for (place, file) in files.enumerated() {
            for match in try Self.text(file).matches(of: definition) { places[match.output.1] = place }
        }
        #expect(places.count > 100)
        for (place, file) in files.enumerated() {
            for line in try Self.text(file).split(separator: "\n") {
                let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
                for name in code.matches(of: /lf_\w+/) {
                    if let other = places[name.output], other > place {
                        Issue.record("\(file) calls \(name.output) of \(files[other]), which stands above it")
                    }
                }
            }
        }
    }

    @Test func includesPointDown() throws {
        let layers = try Self.text("state.h").matches(of: /[0-9] (\w+\.h)\b/).map { String($0.output.1) }
        #expect(layers.count == 9)
        for (place, header) in layers.enumerated() {
            for include in try Self.text(header).matches(of: /include "(\w+\.h)"/)
            where include.output.1 != "trampolines.h" {
                let other = layers.firstIndex(of: String(include.output.1))
                #expect(other ?? .max < place, "\(header) includes \(include.output.1)")
            }
        }
    }
}
