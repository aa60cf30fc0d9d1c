import Foundation
import LuaHost
import Scripting
import Synchronization
import Testing

/// A native object whose instances are counted: a leak shows as a count above 0.
final class Probe: ScriptObject, Sendable {
    static let type = ObjectType("Probe")
    let number: Double
    let counter: Counter
    let bytes: Int
    let memory: NativeMemory?

    init(_ number: Double, _ counter: Counter, bytes: Int = 0) throws {
        self.number = number
        self.counter = counter
        self.bytes = bytes
        // Memory is charged before the last property is set, since then a failure does not run deinit.
        let memory = NativeMemory.current
        try memory?.charge(bytes)
        self.memory = memory
        counter.live.add(1, ordering: .relaxed)
    }

    deinit {
        counter.live.subtract(1, ordering: .relaxed)
        memory?.release(bytes)
    }

    var scriptType: ObjectType { Self.type }
}

final class Counter: Sendable {
    let live = Atomic<Int>(0)
    var count: Int { live.load(ordering: .relaxed) }
}

/// Keeps a script's function between calls.
final class Keeper: Service {
    var function: (any ScriptFunction)?
    var table: (any ScriptTable)?
}

private func function(_ name: String, _ body: @escaping @Sendable (Arguments) throws -> [Value]) -> NativeFunction {
    NativeFunction(name, Documentation(name, "For tests."), body: body)
}

private func value(_ name: String, _ body: @escaping @Sendable (Arguments) throws -> Value) -> NativeFunction {
    NativeFunction(name, Documentation(name, "For tests.")) { [try body($0)] }
}

/// A module with every kind of binding.
struct ProbeModule: ScriptModule {
    let counter: Counter
    let name = "probe"
    let summary = "For tests."

    func probe(_ arguments: Arguments, _ position: Int = 1, _ name: String = "self") throws -> Probe {
        try arguments.object(position, name, as: Probe.self, "Probe")
    }

    var call: NativeFunction? {
        value("probe") { .object(try Probe($0.number(1, "number", default: 0), counter)) }
    }

    func constants(_ context: Context) throws -> [(key: String, value: Value)] {
        [("answer", .integer(42)), ("list", .list([.integer(1), .record([("deep", .boolean(true))])]))]
    }

    var functions: [NativeFunction] {
        [
            value("probe.new") { .object(try Probe($0.number(1, "number"), counter)) },
            value("probe.big") {
                .object(try Probe(0, counter, bytes: $0.integer(1, "bytes", in: 0...Int.max)))
            },
            value("probe.live") { _ in .integer(NativeMemory.current?.liveBytes ?? 0) },
            function("probe.boom") { arguments in
                let temporary = try Probe(1, counter)
                throw ScriptError("probe.boom", "failed with \(temporary.number)")
            },
            function("probe.echo") { $0.values },
            value("probe.size") { .integer(try $0.integer(1, "size", in: 0...1_000_000)) },
            value("probe.types") { .list($0.values.map { .string($0.typeName) }) },
            value("probe.count") { .integer($0.count) },
            function("probe.map") { arguments in
                let temporary = try Probe(3, counter)
                let results = try arguments.function(1, "f").call(Array(arguments.values.dropFirst()))
                return results + [.object(temporary)]
            },
            value("probe.caught") { arguments in
                do {
                    _ = try arguments.function(1, "f").call([])
                    return .none
                } catch {
                    return .string("caught \(error)")
                }
            },
            value("probe.nested") { arguments in
                var value = Value.object(try Probe(4, counter))
                for _ in 0..<(try arguments.integer(1, "depth", in: 0...100_000)) { value = .list([value]) }
                return value
            },
            value("probe.every") { _ in
                .record([
                    ("nothing", .none), ("yes", .boolean(true)), ("integer", .integer(7)), ("number", .number(0.5)),
                    ("text", .string("ä")), ("object", .object(try Probe(5, counter))),
                    ("list", .list([.integer(1), .string("two"), .list([])])),
                ])
            },
            value("probe.adder") { arguments in
                let add = value("probe.adder result") { inner in
                    .number(try probe(inner, 1, "bound").number + inner.number(2, "x"))
                }
                return .closure(add, bound: [.object(try Probe(arguments.number(1, "x"), counter))])
            },
            value("probe.holder") { arguments in
                .closure(value("probe.holder result") { $0[1] }, bound: [arguments[1]])
            },
            value("probe.sum") { arguments in
                guard let numbers = try arguments.table(1, "numbers").numbers() else { return .none }
                return .number(numbers.reduce(0, +))
            },
            value("probe.entries") { arguments in
                .integer(try arguments.table(1, "table").entries().count)
            },
            value("probe.elements") { .list(try $0.table(1, "table").elements()) },
            value("probe.field") { try $0.table(1, "table").value(for: $0.string(2, "key")) },
            function("probe.keep") { arguments in
                let keeper = arguments.context.service(Keeper.self)
                if case .function(let function) = arguments[1] { keeper.function = function }
                if case .table(let table) = arguments[1] { keeper.table = table }
                return []
            },
            function("probe.kept") { try $0.context.service(Keeper.self).function?.call($0.values) ?? [] },
            function("probe.press") { _ in
                kill(getpid(), SIGINT)
                return []
            },
            function("probe.wait") { _ in while true { try Cancellation.check() } },
            value("probe.swallow") { arguments in
                while true { _ = try? arguments.function(1, "f").call([]); try Cancellation.check() }
            },
            value("probe.inner.deep.two") { _ in .integer(2) },
        ]
    }

    var types: [TypeBinding] {
        [
            TypeBinding(
                Probe.type, "Counted.",
                methods: [
                    value("Probe:double") { .object(try Probe(try probe($0).number * 2, counter)) },
                    function("Probe:same_") { [.object(try probe($0))] },
                    function("Probe:both") { [.object(try probe($0)), .string("text"), $0[2]] },
                ],
                properties: [value("Probe.number") { .number(try probe($0).number) }],
                setters: [
                    function("Probe.target") { arguments in
                        arguments.context.service(Keeper.self).table = try arguments.table(2, "target")
                        return []
                    }
                ],
                operators: [
                    .add: value("Probe.add") { arguments in
                        func number(_ position: Int) throws -> Double {
                            if let number = arguments[position].asNumber { return number }
                            return try probe(arguments, position, "operand").number
                        }
                        return .object(try Probe(number(1) + number(2), counter))
                    },
                    .negate: value("Probe.negate") { arguments in
                        try arguments.atMost(1)
                        return .object(try Probe(-probe(arguments).number, counter))
                    },
                    .length: value("Probe.length") { _ in .integer(3) },
                    .call: value("Probe.call") { .number(try probe($0).number + $0.number(2, "x")) },
                    .less: value("Probe.less") { .boolean(try probe($0).number < probe($0, 2, "other").number) },
                    .index: value("Probe.index") { .string("at " + $0[2].shown) },
                    .newindex: function("Probe.newindex") { throw ScriptError("Probe", "no room at \($0[2].shown)") },
                ])
        ]
    }
}

/// A module that adds a method to the probe's type.
struct ExtraModule: ScriptModule {
    var name = "extra"
    let summary = "For tests."
    var method = "Probe:triple"
    var functions: [NativeFunction] { [] }
    var types: [TypeBinding] {
        [
            TypeBinding(
                Probe.type, "",
                methods: [
                    value(method) { arguments in
                        let probe = try arguments.object(1, "self", as: Probe.self, "Probe")
                        return .object(try Probe(probe.number * 3, probe.counter))
                    }
                ])
        ]
    }
}

/// An interpreter with the probe's module as a global.
struct Host {
    let counter = Counter()
    let interpreter: Interpreter

    init(memoryLimit: Int? = nil) throws {
        var options = Interpreter.Options()
        options.globals = true
        options.memoryLimit = memoryLimit
        interpreter = try Interpreter(modules: [ProbeModule(counter: counter), ExtraModule()], options: options)
    }

    @discardableResult
    func run(_ code: String) throws -> [Value] { try interpreter.run(code: code, name: "script") }

    /// The error that a script ends with.
    func error(_ code: String) throws -> LuaError {
        do {
            try run(code)
        } catch let error as LuaError {
            return error
        }
        throw ScriptError("test", "no error from: \(code)")
    }

    /// The message that a script ends with.
    func message(_ code: String) throws -> String { try error(code).message }

    /// The script's first result as text.
    func text(_ code: String) throws -> String {
        try run(code).map { value in
            value.asText ?? value.shown
        }.joined(separator: " ")
    }

    /// Expects that no probe is left after a full collection.
    func expectNoLeak(_ location: SourceLocation = #_sourceLocation) throws {
        try run("collectgarbage() collectgarbage()")
        #expect(counter.count == 0, "live probes", sourceLocation: location)
    }
}

/// Readers of arguments for the functions here, which bypass declarations: what is tested is the bridge, not decoding.
extension Arguments {
    private func wrong(_ position: Int, _ name: String, _ expected: String) -> ScriptError {
        let got = count >= position ? self[position].shown : "nothing"
        return ScriptError(function, "argument \(position) (\(name)): \(expected) expected, got \(got)")
    }

    func number(_ position: Int, _ name: String, default fallback: Double? = nil) throws -> Double {
        if case .none = self[position], let fallback { return fallback }
        guard let number = self[position].asNumber else { throw wrong(position, name, "a number") }
        return number
    }

    func integer(_ position: Int, _ name: String, in range: ClosedRange<Int>) throws -> Int {
        guard let integer = self[position].asInteger, range.contains(integer) else {
            let end = range.upperBound == .max ? "" : " to \(range.upperBound)"
            throw wrong(position, name, "a whole number from \(range.lowerBound)\(end)")
        }
        return integer
    }

    func string(_ position: Int, _ name: String) throws -> String {
        guard case .string(let bytes) = self[position] else { throw wrong(position, name, "a string") }
        return bytes.text
    }

    func table(_ position: Int, _ name: String) throws -> any ScriptTable {
        guard case .table(let table) = self[position] else { throw wrong(position, name, "a table") }
        return table
    }

    func function(_ position: Int, _ name: String) throws -> any ScriptFunction {
        guard case .function(let function) = self[position] else { throw wrong(position, name, "a function") }
        return function
    }

    func object<T: ScriptObject>(_ position: Int, _ name: String, as type: T.Type, _ typeName: String) throws -> T {
        guard case .object(let object) = self[position], let typed = object as? T else {
            throw wrong(position, name, "a \(typeName)")
        }
        return typed
    }

    func atMost(_ most: Int) throws {
        guard count <= most else { throw error("takes at most \(most) argument\(most == 1 ? "" : "s"), got \(count)") }
    }
}
