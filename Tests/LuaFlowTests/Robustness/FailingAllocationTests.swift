import Foundation
@testable import LuaHost
import LuaFlow
import Testing

/// Memory runs out at the n-th allocation, for every n, in every function's documented example: an error that says so, or
/// success; the same interpreter goes on working, and nothing is lost.
///
/// `make test` tries some n of each example, LUAFLOW_EXHAUSTIVE=1 every one.
@Suite(.timeLimit(.minutes(60))) struct FailingAllocationTests {
    /// At most so many n of each example are tried.
    static let tries = Thoroughness.isExhaustive ? Int.max : 12

    /// Which allocations fail.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case lua = "Lua's"
        case native = "tensors'"

        var testDescription: String { rawValue }

        /// - Returns: how many were asked for since the last call.
        @discardableResult
        func fail(from nth: Int?, in watched: WatchedHost) -> Int {
            switch self {
            case .lua: watched.host.interpreter.failAllocations(from: nth)
            case .native: watched.host.interpreter.memory.failCharges(from: nth ?? .max)
            }
        }
    }

    @Test(arguments: Kind.allCases, LuaFlow.Host.builtInModules.map(\.name))
    func everyExampleSurvives(_ kind: Kind, module: String) throws {
        let one = try #require(LuaFlow.Host.builtInModules.first { $0.name == module })
        let scratch = try Scratch()
        var counts = (examples: 0, runs: 0, errors: 0)
        for (name, documentation) in DocumentationIndex([one]).all {
            guard let example = documentation.example else { continue }
            counts.examples += 1
            let watched = try WatchedHost(files: scratch.url.path)
            // Modules and types are made now, see `aFreshHostSurvives`.
            try watched.run(example, name: name)
            watched.expectSane("before \(name)")
            let baseline = try watched.liveBytes()
            kind.fail(from: nil, in: watched)
            // What the example says when it runs again: one registers a name, which can be done only once.
            let again = try watched.error(example)?.message
            let allocations = kind.fail(from: nil, in: watched)
            for nth in places(allocations) {
                kind.fail(from: nth, in: watched)
                let error = try watched.error(example)
                kind.fail(from: nil, in: watched)
                counts.runs += 1
                if let error {
                    counts.errors += 1
                    check(error, again, example, "\(name), allocation \(nth) of \(allocations)")
                }
                watched.expectSane("after \(name), allocation \(nth)")
            }
            let left = try watched.liveBytes()
            #expect(left <= max(baseline, 1 << 10), "\(name): \(left) bytes alive, \(baseline) before")
        }
        if Thoroughness.isExhaustive {
            print("\(module), \(kind.rawValue): \(counts.examples) examples, \(counts.runs) runs, \(counts.errors) ended in an error")
        }
    }

    /// A host's first work: its modules' tables and types are made.
    @Test func aFreshHostSurvives() throws {
        let code = LuaFlow.Host.builtInModules.map { "require '\($0.name)' " }.joined()
            + "local x = tensor.ones(2) x = x + projection.Box(0, 1)(x)"
        let scratch = try Scratch()
        let counted = try WatchedHost(files: scratch.url.path)
        Kind.lua.fail(from: nil, in: counted)
        try counted.run(code)
        let allocations = Kind.lua.fail(from: nil, in: counted)
        #expect(allocations > 500)
        for nth in places(allocations) {
            let watched = try WatchedHost(files: scratch.url.path)
            Kind.lua.fail(from: nth, in: watched)
            let error = try watched.error(code)
            Kind.lua.fail(from: nil, in: watched)
            if let error {
                #expect(error.message.contains("not enough memory"), "allocation \(nth): \(error.message)")
            }
            try watched.run(code)
            watched.expectSane("after allocation \(nth)")
            watched.host.interpreter.close()
            #expect(watched.host.interpreter.memory.liveBytes == 0, "allocation \(nth)")
        }
    }

    /// 1, 2, 3, ...; when there are too many, the first few and then every k-th.
    private func places(_ allocations: Int) -> [Int] {
        guard allocations > Self.tries else { return Array(1..<(allocations + 1)) }
        let step = (allocations - 3) / (Self.tries - 3) + 1
        return [1, 2, 3] + Array(stride(from: 4, through: allocations, by: step))
    }

    private func check(_ error: LuaError, _ again: String?, _ example: String, _ place: Comment) {
        let message = error.message
        if message.contains("not enough memory") || message == again { return }
        // Lua's own words when its stack cannot grow.
        if message.contains("stack overflow") { return }
        // The example caught the error, and then missed what it expected.
        if example.contains("pcall") { return }
        Issue.record("\(place): \(message)")
    }
}
