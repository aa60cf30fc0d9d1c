import Foundation
import LuaFlow
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random arguments of random types for everything that scripts can call: an error or a result, never the end of the
/// process.
///
/// `make test` makes one call of each function and some more, `make asan` ten thousand under AddressSanitizer.
/// LUAFLOW_CALLS and LUAFLOW_SEED choose how many and which. Each call is written to a Lua script before it is made:
/// should the process die, the last line of that file is the call that did it, and `luaflow run` of the file repeats
/// it.
@Suite(.serialized, .ownTime(minutes: Thoroughness.isExhaustive ? 120 : 20)) struct RandomCallTests {
    static let calls =
        Thoroughness.number("LUAFLOW_CALLS")
        ?? (Thoroughness.isExhaustive ? 10_000 : max(700, RandomLua.callables.count))
    static let seed = Thoroughness.number("LUAFLOW_SEED") ?? 1

    /// The number of calls after which the interpreter is closed; then all its objects must be gone.
    static let perInterpreter = 250

    @Test func everyTypeHasAnObjectToCallWith() throws {
        #expect(Set(RandomLua.objects.keys) == Callable.types, "RandomLua.objects lacks a type, or has one too many")
        let scratch = try Scratch()
        let host = try WatchedHost(files: scratch.url.path)
        for (type, expressions) in RandomLua.objects {
            for expression in expressions {
                let value = try host.run("return \(expression)").first
                #expect(value?.typeName == type, "\(expression)")
            }
        }
        for list in [RandomLua.numbers, RandomLua.strings, RandomLua.tables, RandomLua.functions] {
            for expression in list {
                #expect(throws: Never.self, "\(expression)") { try host.run("local _ = \(expression)") }
            }
        }
    }

    @Test func theSameSeedMakesTheSameCalls() {
        func some(_ seed: UInt64) -> [String] {
            var random = RandomLua(seed: seed, scratch: "")
            return (0..<50).map { _ in random.statement(random.callable()) }
        }
        #expect(some(5) == some(5) && some(5) != some(6))
    }

    @Test func randomCallsEndInResultsOrErrors() throws {
        let scratch = try Scratch()
        let log = try CallLog()
        var random = RandomLua(seed: UInt64(truncatingIfNeeded: Self.seed), scratch: scratch.url.path)
        var outcomes: [String: Int] = [:]
        var done = 0
        while done < Self.calls {
            let watched = try WatchedHost(files: scratch.url.path, memoryLimit: 512 << 20)
            let interpreter = watched.host.interpreter
            try watched.run(RandomLua.registration)
            interpreter.timeLimit = .seconds(2)
            for _ in 0..<min(Self.perInterpreter, Self.calls - done) {
                let code = random.statement(random.callable())
                try log.append(code)
                outcomes[outcome(try watched.error(code), of: code), default: 0] += 1
                done += 1
            }
            interpreter.timeLimit = nil
            watched.expectSane("after the calls in \(log.path)")
            interpreter.close()
            #expect(interpreter.memory.liveBytes == 0, "bytes that outlived the calls in \(log.path)")
            try log.restart()
        }
        log.remove()
        let missed = RandomLua.callables.indices.filter { !random.drawn.contains($0) }.map {
            RandomLua.callables[$0].name
        }
        #expect(missed.isEmpty || Self.calls < RandomLua.callables.count, "never called: \(missed)")
        #expect(outcomes["returned", default: 0] > Self.calls / 10, "\(outcomes)")
        #expect(outcomes["runtime", default: 0] > Self.calls / 10, "\(outcomes)")
        if Thoroughness.isExhaustive {
            print("random calls with seed \(Self.seed):", outcomes.sorted { $0.key < $1.key })
        }
    }

    private func outcome(_ error: LuaError?, of code: String) -> String {
        guard let error else { return "returned" }
        // Words of the implementation that no message may contain.
        for word in ["-nan", "Optional(", "Swift.", "fatal", "(null)"] where error.message.contains(word) {
            Issue.record("\(error.message)\nfrom: \(code)")
        }
        switch error.kind {
        case .runtime: return "runtime"
        case .memory: return "memory"
        case .interrupted: return "interrupted"
        case .timeLimit: return "time limit"
        case .exit: return "exit"
        case .file: return "file"
        case .syntax:
            // A text that a function compiled may be wrong Lua; the test's own statements never are.
            if error.message.hasPrefix("script:") { Issue.record("\(error.message)\nfrom: \(code)") }
            return "syntax"
        }
    }
}

/// The calls of one interpreter, written as a script that repeats them.
private final class CallLog {
    let path = FileManager.default.temporaryDirectory
        .appendingPathComponent("luaflow-random-calls-\(ProcessInfo.processInfo.processIdentifier).lua").path
    private var file: UnsafeMutablePointer<FILE>?

    private static let beginning = """
        for _, name in ipairs{"tensor", "autodiff", "random", "distribution", "special", "flow", "projection", "prox",
            "optim", "montecarlo", "mcmc", "data", "checkpoint", "image", "plot", "host"} do _G[name] = require(name) end

        """ + RandomLua.registration

    init() throws { try restart() }

    func restart() throws {
        if let file { fclose(file) }
        file = fopen(path, "w")
        try #require(file != nil, "cannot write \(path)")
        try write(CallLog.beginning)
    }

    func append(_ code: String) throws { try write("pcall(function() \(code)\nend)\n") }

    private func write(_ text: String) throws {
        try #require(fputs(text, file) >= 0 && fflush(file) == 0)
    }

    func remove() {
        if let file { fclose(file) }
        file = nil
        unlink(path)
    }
}
