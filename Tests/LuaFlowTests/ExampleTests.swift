import Foundation
import Testing

/// Packages that depend on the library: the examples, and the skeleton that `luaflow new module` writes. Both are built
/// in one folder, so that LuaFlow is compiled once; without optimisation, which compiles several times as fast.
@Suite(.serialized) struct ExampleTests {
    private static let built = Command.repository.appendingPathComponent(".build/examples").path

    private func build(_ package: String, _ product: String) throws -> String {
        // The versions of dependencies that the tests were built with, so that nothing is looked up again.
        let pins = package + "/Package.resolved"
        try? FileManager.default.removeItem(atPath: pins)
        try FileManager.default.copyItem(
            atPath: Command.repository.appendingPathComponent("Package.resolved").path, toPath: pins)
        let result = try Command.run(
            // A build description that was cached for one package must not be used for another.
            "swift",
            [
                "build", "--disable-build-manifest-caching", "--package-path", package, "--scratch-path", Self.built,
                "--product", product,
            ],
            environment: [:])
        try #require(result.status == 0, "\(result.output.suffix(3000))\(result.errors.suffix(3000))")
        return Self.built + "/debug/" + product
    }

    @Test func aHostInFiveLines() throws {
        let program = try build(Command.repository.appendingPathComponent("Examples").path, "Embedding")
        let result = try Command.run(program, [])
        #expect(
            result.status == 0 && result.output == "0.0002\n5.0\n9.0 under the curve\nstep 2 of 5\ntrue\n",
            "\(result.output)\(result.errors)")
    }

    @Test func aSwiftModuleServesScripts() throws {
        let program = try build(Command.repository.appendingPathComponent("Examples").path, "SwiftModule")
        let demo = try Command.run(program, [])
        #expect(demo.status == 0, "\(demo.errors)")
        let lines = demo.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 2, "\(demo.output)")
        #expect(lines[0] == "running(6 numbers, mean 3.5)\t3.5")
        #expect(
            lines[1].hasSuffix(
                "demo.lua:16: running:add: argument 2 (x): a tensor or a number expected, got \"seven\""), "\(lines[1])"
        )
        // The skeleton's examples pass, and its module is listed beside the built-in ones.
        let scratch = try Scratch()
        let script = try scratch.write(
            "own.lua",
            """
            local running, tensor = require "running", require "tensor"
            assert(running.of(1, 2, 3).mean == 2 and #running.of(tensor.ones(2, 3)) == 6)
            local r = running.of(1, 2)
            assert(r:add(3).mean == 2 and r.variance == 1 and #(r + r) == 6)
            assert(not pcall(function() return r + 1 end) and not pcall(function() return r.men end))
            print(...)
            """)
        let own = try Command.run(program, [script, "a", "b"])
        #expect(own.status == 0 && own.output == "a\tb\n", "\(own.errors)")
    }

    @Test func theModuleSkeletonIsBuiltAndRuns() throws {
        let scratch = try Scratch()
        let made = try Command.run([
            "new", "module", "Stats", "--in", scratch.url.path, "--luaflow", Command.repository.path,
        ])
        #expect(made.status == 0 && made.output.split(separator: "\n").count == 3, "\(made.errors)")
        let program = try build(scratch.path("Stats"), "StatsHost")
        let result = try Command.run(program, [scratch.path("Stats/demo.lua")])
        #expect(result.status == 0 && result.output == "42.0\n3\n", "\(result.output)\(result.errors)")
        #expect(try Command.run(program, []).status == 2)
    }
}
