import Scripting
import Tensors

@testable import Projections

func float32(_ values: [Double], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count])
}

func float64(_ values: [Double], _ shape: [Int]? = nil) throws -> Tensor {
    try Tensor(values, shape: shape ?? [values.count], .float64)
}

/// A Lua table made of Swift values.
final class FakeTable: ScriptTable {
    private let sequence: [Value]
    private let named: [(key: String, value: Value)]

    init(_ sequence: [Value] = [], _ named: [(key: String, value: Value)] = []) {
        (self.sequence, self.named) = (sequence, named)
    }

    var count: Int { sequence.count }
    func value(at index: Int) throws -> Value { sequence.indices.contains(index - 1) ? sequence[index - 1] : .none }
    func value(for key: ByteString) throws -> Value { named.first { ByteString($0.key) == key }?.value ?? .none }
    func entries() throws -> [(key: Value, value: Value)] {
        sequence.enumerated().map { (.integer($0.offset + 1), $0.element) } + named.map { (.string($0.key), $0.value) }
    }
    func numbers() throws -> [Double]? {
        let numbers = sequence.compactMap(\.asNumber)
        return numbers.count == sequence.count ? numbers : nil
    }
}

/// A Lua function made of a Swift closure.
final class FakeFunction: ScriptFunction {
    private let body: ([Value]) throws -> [Value]
    init(_ body: @escaping ([Value]) throws -> [Value]) { self.body = body }
    func call(_ arguments: [Value]) throws -> [Value] { try body(arguments) }
}

/// The value of a Lua table `{...}`.
func table(_ sequence: [Value] = [], _ named: [(key: String, value: Value)] = []) -> Value {
    .table(FakeTable(sequence, named))
}

func numbers(_ values: [Double]) -> Value { table(values.map { .number($0) }) }

func object(_ set: any ProjectableSet) -> Value { .object(ProjectionObject(set)) }

/// Calls a function of the module as a script does: `call("Box", .integer(0), .integer(1))`.
func call(_ name: String, _ arguments: Value...) throws -> [Value] {
    guard let function = ProjectionModule().functions.first(where: { $0.shortName == name }) else {
        throw ScriptError("test", "no function \(name)")
    }
    return try function.body(Arguments(function: function.name, values: arguments, context: Context()))
}

/// Calls a method, property or operator of a projection.
func call(method name: String, _ arguments: Value...) throws -> Value {
    let binding = ProjectionObject.binding
    let all = binding.methods + binding.properties + Array(binding.operators.values)
    guard let function = all.first(where: { $0.shortName == name }) else {
        throw ScriptError("test", "no method \(name)")
    }
    return try function.body(Arguments(function: function.name, values: arguments, context: Context())).first ?? .none
}

/// The message of the error that `body` throws; otherwise a text that says that none was thrown.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

/// Random points for the laws, the same ones in every run and independent of the library's generator.
struct Points {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 2 &+ 1 }

    mutating func number() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Int64(bitPattern: state) >> 11) * 0x1p-52
    }

    mutating func vector(_ count: Int, scale: Double) -> [Double] { (0..<count).map { _ in scale * number() } }
}

/// A tensor as failed expectations show it.
func shown(_ x: Tensor) -> String {
    (try? x.toArray()).map { format($0) } ?? "?"
}
