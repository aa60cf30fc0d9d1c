import LuaFlow

/// `require "running"`: what scripts see of ``Running``. The same protocol as that of the built-in modules.
public struct RunningModule: ScriptModule {
    public init() {}

    public let name = "running"
    public let summary = "Mean and variance of numbers that come one after the other."
    public var functions: [NativeFunction] { [NativeFunction(RunningModule.of)] }
    public var types: [TypeBinding] { [RunningObject.binding] }

    /// A function: its parameters with their types, its result, and an example that asserts what it shows. Wrong
    /// arguments become errors that name function, argument and value.
    static let of = Declaration(
        "running.of", "A count of numbers, and of the elements of tensors; none to begin with.",
        takes: .rest("x", .tensorOrNumber), returns: .object(RunningObject.type),
        example: """
            assert(running.of(1, 2, 3).mean == 2)
            assert(#running.of(require("tensor").ones(2, 3)) == 6)
            """
    ) { values in
        let object = RunningObject(Running())
        try values.forEach(object.add)
        return object
    }
}

/// What a script holds: an object of a type that ``binding`` describes.
public final class RunningObject: ScriptObject {
    public static let type = ObjectType("running")
    public var scriptType: ObjectType { RunningObject.type }
    var value: Running

    init(_ value: Running) { self.value = value }

    func add(_ operand: Operand) throws {
        switch operand {
        case .number(let number): value.add(number.number)
        case .tensor(let tensor): try tensor.value.toArray().forEach { value.add($0) }
        }
    }

    private static let example = "local r = running.of(1, 2)\n"
    private static let r = Parameter<RunningObject>.argument("r", .object(type))

    private static let add = Declaration(
        "running:add", "Counts a number, or every element of a tensor.", called: .method,
        takes: r, .argument("x", .tensorOrNumber), returns: .object(type),
        example: example + "assert(r:add(3).mean == 2)"
    ) { running, x in
        try running.add(x)
        return running
    }

    private static let mean = Declaration(
        "running:mean", "The mean; 0 of no numbers.", called: .property, takes: r, returns: .number,
        example: example + "assert(r.mean == 1.5)"
    ) { running in running.value.mean }

    private static let variance = Declaration(
        "running:variance", "The unbiased variance; nil below two numbers.", called: .property,
        takes: r, returns: Results(.either([.number, .none])) { (variance: Double?) in variance.scriptValue },
        example: example + "assert(r.variance == 0.5)"
    ) { running in running.value.variance }

    private static let sum = Declaration(
        "running:sum", "The count of both.", called: .symbol("a + b"),
        takes: .argument("a", .object(type)), .argument("b", .object(type)), returns: .object(type),
        example: example + "assert((r + r).mean == 1.5 and #(r + r) == 4)"
    ) { (a: RunningObject, b: RunningObject) in RunningObject(a.value + b.value) }

    private static let count = Declaration(
        "running:count", "How many numbers.", called: .symbol("#r"), takes: r, returns: .integer,
        example: example + "assert(#r == 2)"
    ) { running in running.value.count }

    private static let description = Declaration(
        "running:describe", "Count and mean.", called: .symbol("tostring(r)"), takes: r, returns: .string,
        example: example + "print(r)"
    ) { running in "running(\(running.value.count) numbers, mean \(running.value.mean))" }

    static let binding = TypeBinding(
        type, "Mean and variance so far.",
        methods: [NativeFunction(add)], properties: [NativeFunction(mean), NativeFunction(variance)],
        operators: [
            .add: NativeFunction(sum), .length: NativeFunction(count), .describe: NativeFunction(description),
        ])
}
