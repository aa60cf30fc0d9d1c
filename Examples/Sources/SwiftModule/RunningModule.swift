import LuaFlow

/// `require "running"`: what scripts see of ``Running``. The same protocol as that of the built-in modules.
public struct RunningModule: ScriptModule {
    public init() {}

    public let name = "running"
    public let summary = "Mean and variance of numbers that come one after the other."
    public var functions: [NativeFunction] { [RunningModule.of] }
    public var types: [TypeFace] { [RunningObject.face] }

    /// A function. Every one has its documentation, and an example that asserts what it shows.
    static let of = NativeFunction(
        "running.of",
        Documentation(
            "running.of(x, ...) -> running",
            "A count of the given numbers, or of a tensor's elements; none to begin with.",
            errors: "anything but numbers and tensors",
            example: "assert(running.of(1, 2, 3).mean == 2)\nassert(#running.of(require(\"tensor\").ones(2, 3)) == 6)")
    ) { arguments in
        let object = RunningObject(Running())
        for position in 1...max(arguments.count, 1) where position <= arguments.count {
            try object.add(arguments, position)
        }
        return .object(object)
    }
}

/// What a script holds: an object of a type that ``face`` describes.
public final class RunningObject: ScriptObject {
    public static let type = ObjectType("running")
    public var scriptType: ObjectType { RunningObject.type }
    var value: Running

    init(_ value: Running) { self.value = value }

    /// Wrong arguments are errors that name function, argument and value, never traps.
    func add(_ arguments: Arguments, _ position: Int) throws {
        if let number = arguments[position].asNumber {
            value.add(number)
        } else if case .object(let object) = arguments[position], let tensor = object as? Variable {
            try tensor.value.toArray().forEach { value.add($0) }
        } else {
            throw arguments.error(position, "x", expected: "a number or a tensor")
        }
    }

    private static let example = "local r = running.of(1, 2)\n"

    static let face = TypeFace(
        type, "Mean and variance so far.",
        methods: [
            NativeFunction(
                "running:add",
                Documentation(
                    "r:add(x) -> r", "Counts a number, or every element of a tensor.",
                    example: example + "assert(r:add(3).mean == 2)")
            ) { arguments in
                try arguments.atMost(2)
                let running = try arguments.running(1)
                try running.add(arguments, 2)
                return .object(running)
            }
        ],
        properties: [
            NativeFunction(
                "running:mean",
                Documentation("r.mean", "The mean; 0 of no numbers.", example: example + "assert(r.mean == 1.5)")
            ) {
                .number(try $0.running(1).value.mean)
            },
            NativeFunction(
                "running:variance",
                Documentation(
                    "r.variance", "The unbiased variance; nil below two numbers.",
                    example: example + "assert(r.variance == 0.5)")
            ) {
                try $0.running(1).value.variance.map { .number($0) } ?? .none
            },
        ],
        operators: [
            .add: NativeFunction(
                "running:add",
                Documentation(
                    "a + b", "The count of both.", example: example + "assert((r + r).mean == 1.5 and #(r + r) == 4)")
            ) {
                .object(RunningObject(try $0.running(1).value + $0.running(2).value))
            },
            .length: NativeFunction(
                "running:count", Documentation("#r", "How many numbers.", example: example + "assert(#r == 2)")
            ) {
                .integer(try $0.running(1).value.count)
            },
            .describe: NativeFunction(
                "running:describe", Documentation("tostring(r)", "Count and mean.", example: example + "print(r)")
            ) {
                let running = try $0.running(1).value
                return .string("running(\(running.count) numbers, mean \(running.mean))")
            },
        ])
}

extension Arguments {
    fileprivate func running(_ position: Int) throws -> RunningObject {
        try object(position, "r", as: RunningObject.self, "running")
    }
}
