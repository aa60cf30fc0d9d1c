import Foundation
@testable import LuaHost
import LuaFlow
import Testing

/// Memory runs out at the n-th allocation, for every n, in the documented example of every function: the example
/// succeeds or raises an error that says so, the interpreter still works, and no memory is lost. Either every
/// allocation from the n-th on fails, or the n-th alone, which then succeeds when it is tried again after a collection.
///
/// `make test` tries some n of each example, in the two ways alternately; LUAFLOW_EXHAUSTIVE=1 tries every n in both
/// ways.
@Suite(.ownTime(minutes: Thoroughness.isExhaustive ? 120 : 20)) struct FailingAllocationTests {
    /// The largest number of n that are tried for each example.
    static let tries = Thoroughness.isExhaustive ? Int.max : 12

    /// Whose allocations fail.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        /// Lua's, and the bridge's beside it.
        case lua = "Lua's"
        case native = "tensors'"

        var testDescription: String { rawValue }

        /// - Returns: the number of allocations since the last call.
        @discardableResult
        func fail(from nth: Int?, once: Bool = false, in watched: WatchedHost) -> Int {
            switch self {
            case .lua: watched.host.interpreter.failAllocations(from: nth, once: once)
            case .native: watched.host.interpreter.memory.failCharges(from: nth ?? .max, once: once)
            }
        }
    }

    /// Code for what no example calls.
    static let more = ["figure:tostring": "local _ = tostring(plot.line{{1, 2, 3}, {1, 4, 9}})"]

    /// Everything that scripts can call occurs in an example or in `more`.
    @Test func everythingHasARun() {
        let without = Set(Callable.all.filter { $0.documentation.example == nil }.map(\.name))
        #expect(without == Set(Self.more.keys))
    }

    @Test(arguments: Kind.allCases, more.keys.sorted())
    func whatHasNoExampleSurvives(_ kind: Kind, name: String) throws {
        let scratch = try Scratch()
        var counts = (runs: 0, errors: 0)
        try survive(kind, Self.more[name] ?? "", name, scratch, &counts)
    }

    /// Constructors that a script registered are tested in the same way.
    @Test(arguments: Kind.allCases, RandomLua.registered) func registeredConstructorsSurvive(
        _ kind: Kind, one: RandomLua.Registered
    ) throws {
        let scratch = try Scratch()
        var counts = (runs: 0, errors: 0)
        try survive(kind, one.example, one.path, scratch, &counts, before: RandomLua.registration)
    }

    @Test(arguments: Kind.allCases, LuaFlow.Host.builtInModules.map(\.name))
    func everyExampleSurvives(_ kind: Kind, module: String) throws {
        let one = try #require(LuaFlow.Host.builtInModules.first { $0.name == module })
        let scratch = try Scratch()
        var examples = 0
        var counts = (runs: 0, errors: 0)
        for (name, documentation) in try Manual([one]).all {
            guard let example = documentation.example else { continue }
            examples += 1
            try survive(kind, example, name, scratch, &counts)
        }
        if Thoroughness.isExhaustive {
            print(
                """
                \(module), \(kind.rawValue): \(examples) examples, \(counts.runs) runs, \(counts.errors) ended in an \
                error
                """
            )
        }
    }

    private func survive(
        _ kind: Kind, _ code: String, _ name: String, _ scratch: Scratch, _ counts: inout (runs: Int, errors: Int),
        before: String = ""
    ) throws {
        let watched = try WatchedHost(files: scratch.url.path)
        try watched.run(before + FailingAllocationTests.honestCalls)
        // The modules' tables and types exist after this call; see `aFreshHostSurvives`.
        try watched.run(code, name: name)
        watched.expectSane("before \(name)")
        let baseline = try watched.liveBytes()
        kind.fail(from: nil, in: watched)
        // The error of the code when it runs again: an example that registers a name can succeed only once.
        let again = try watched.error(code)?.message
        let allocations = kind.fail(from: nil, in: watched)
        for (place, nth) in places(allocations).enumerated() {
            for once in Thoroughness.isExhaustive ? [false, true] : [place % 2 == 1] {
                kind.fail(from: nth, once: once, in: watched)
                let error = try watched.error(code)
                kind.fail(from: nil, in: watched)
                counts.runs += 1
                let comment: Comment = "\(name), allocation \(nth) of \(allocations)\(once ? " alone" : "")"
                if let error {
                    counts.errors += 1
                    check(error, again, comment)
                }
                watched.expectSane("after \(comment)")
            }
        }
        let left = try watched.liveBytes()
        #expect(left <= max(baseline, 1 << 10), "\(name): \(left) bytes alive, \(baseline) before")
    }

    /// An example that shows an error catches it with pcall; an error that memory ran out is passed on all the same.
    private static let honestCalls = """

        local real, error, type, find = pcall, error, type, string.find
        local function through(ok, message, ...)
            if not ok and type(message) == "string" and find(message, "not enough memory", 1, true) then error(message, 0) end
            return ok, message, ...
        end
        function pcall(f, ...) return through(real(f, ...)) end
        """

    /// The first use of a host, in which the modules' tables and types are made.
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

    /// 1, 2, 3, ...; if these are too many, the first few and then every k-th.
    private func places(_ allocations: Int) -> [Int] {
        guard allocations > Self.tries else { return Array(1..<(allocations + 1)) }
        let step = (allocations - 3) / (Self.tries - 3) + 1
        return [1, 2, 3] + Array(stride(from: 4, through: allocations, by: step))
    }

    private func check(_ error: LuaError, _ again: String?, _ place: Comment) {
        let message = error.message
        if message.contains("not enough memory") || message == again { return }
        // Lua's message when its stack cannot grow.
        if message.contains("stack overflow") { return }
        Issue.record("\(place): \(message)")
    }
}
