import Foundation
import LuaFlow
import Testing

/// The descriptions in the packages agree with the program.
@Suite struct PackagingTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Command.repository.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func theManualPageNamesEverySubcommandAndVariable() throws {
        let page = try Self.text("packaging/luaflow.1")
        let help = try Command.run(["--help"]).output.components(separatedBy: "\n")
        let first = try #require(help.firstIndex(of: "SUBCOMMANDS:"))
        let names = help[(first + 1)...].prefix { !$0.isEmpty }.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first }
        #expect(names.count >= 10)
        for name in names { #expect(page.contains("\n.B \(name)\n"), "\(name)") }
        for variable in ["LUAFLOW_HOME", "LUAFLOW_PLUGINS", "LUAFLOW_THREADS", "LUAFLOW_HISTORY"] {
            #expect(page.contains("\n.B \(variable)\n"), "\(variable)")
        }
    }

    /// What `make` installs on macOS, the formula depends on.
    @Test func theFormulaBringsWhatSetUpInstalls() throws {
        let setUp = try Self.text("scripts/setup.sh")
        let formula = try Self.text("packaging/luaflow.rb")
        let start = try #require(setUp.range(of: "\npackages='\n")).upperBound
        let rows = setUp[start...].prefix { $0 != "'" }.split(separator: "\n")
        #expect(rows.count >= 9)
        for row in rows {
            let name = try #require(row.split(separator: " ").last)
            #expect(formula.contains("  depends_on \"\(name)\"\n"), "\(row)")
        }
    }

    @Test func theChangesTellOfThisVersion() throws {
        #expect(try Self.text("CHANGELOG.md").contains("\n## \(Host.version)\n"))
        #expect(try Command.run(["--version"]).output == Host.version + "\n")
    }
}
