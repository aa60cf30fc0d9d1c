import Foundation
import Pictures
import Scripting
import Tensors

/// A Lua table made in Swift.
final class TestTable: ScriptTable {
    let list: [Value]
    let named: [String: Value]

    init(_ list: [Value] = [], _ named: [String: Value] = [:]) {
        self.list = list
        self.named = named
    }

    var count: Int { list.count }
    func value(at index: Int) throws -> Value { list.indices.contains(index - 1) ? list[index - 1] : .none }
    func value(for key: ByteString) throws -> Value { named[key.text] ?? .none }
    func entries() throws -> [(key: Value, value: Value)] {
        list.enumerated().map { (.integer($0.offset + 1), $0.element) }
            + named.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
    }
    func numbers() throws -> [Double]? {
        let numbers = list.compactMap(\.asNumber)
        return numbers.count == list.count ? numbers : nil
    }
}

func table(_ list: [Value] = [], _ named: [String: Value] = [:]) -> Value { .table(TestTable(list, named)) }
func options(_ named: [String: Value]) -> Value { table([], named) }
func numbers(_ values: Double...) -> Value { table(values.map(Value.number)) }
func strings(_ values: String...) -> Value { table(values.map(Value.string)) }

/// Calls a function of the module by its full name.
@discardableResult
func call(_ name: String, _ arguments: Value...) throws -> Value {
    let functions = ImageModule().functions + PlotModule().functions + PlotModule().types.flatMap(\.methods)
    guard let function = functions.first(where: { $0.name == name }) else {
        throw ScriptError(name, "no such function")
    }
    return try function.body(Arguments(function: name, values: arguments, context: Context())).first ?? .none
}

extension Value {
    func tensor() throws -> Tensor {
        guard case .object(let object) = self, let variable = object as? Variable else {
            throw ScriptError("test", "not a tensor: \(shown)")
        }
        return variable.value
    }

    func text() throws -> String {
        guard let text = self.asText else { throw ScriptError("test", "not a string: \(shown)") }
        return text
    }
}

/// The message of the error that a call throws, or nil if it throws none.
func message(of body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch { return "\(error)" }
}

/// Calls the body with a temporary folder, which is removed afterwards.
func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pictures-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

func contents(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }
