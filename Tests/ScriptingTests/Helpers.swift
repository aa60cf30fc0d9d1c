import Scripting
import Testing

/// A Lua table without an interpreter.
final class FakeTable: ScriptTable {
    let pairs: [(key: Value, value: Value)]
    init(_ pairs: [(key: Value, value: Value)]) { self.pairs = pairs }
    var count: Int { 0 }
    func value(at index: Int) throws -> Value { .none }
    func value(for key: ByteString) throws -> Value {
        pairs.first { if case .string(key) = $0.key { true } else { false } }?.value ?? .none
    }
    func entries() throws -> [(key: Value, value: Value)] { pairs }
    func numbers() throws -> [Double]? { nil }
}

final class Thing: ScriptObject {
    let scriptType = ObjectType("thing")
}

