import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// The module's functions, called as the host calls them.
@Suite struct ModuleTests {
    /// A script's table.
    final class Table: ScriptTable {
        let pairs: [(key: Value, value: Value)]
        init(_ pairs: [(key: Value, value: Value)]) { self.pairs = pairs }
        convenience init(_ fields: KeyValuePairs<String, Value>) {
            self.init(fields.map { (.string($0.key), $0.value) })
        }
        var count: Int { 0 }
        func value(at index: Int) throws -> Value { .none }
        func value(for key: ByteString) throws -> Value { .none }
        func entries() throws -> [(key: Value, value: Value)] { pairs }
        func numbers() throws -> [Double]? { nil }
    }

    static func call(_ name: String, _ values: [Value], _ context: Context = Context()) throws -> [Value] {
        let functions = CheckpointModule().functions + DataModule().functions
        let function = try #require(functions.first { $0.name == name })
        return try function.body(Arguments(function: name, values: values, context: context))
    }

    static func tensor(_ value: Value?) throws -> Tensor {
        guard case .object(let object)? = value, let variable = object as? Variable else {
            throw ScriptError("test", "no tensor")
        }
        return variable.value
    }

    static func field(_ value: Value?, _ name: String) throws -> Value {
        guard case .record(let fields)? = value, let field = fields.first(where: { $0.key == ByteString(name) }) else {
            throw ScriptError("test", "no field \(name)")
        }
        return field.value
    }

    @Test func checkpointSaveAndLoad() throws {
        try Fixture.withFolder { folder in
            let path = Value.string(folder + "/x.safetensors")
            let x = try Tensor([1, 2], shape: [2], .float64)
            let options = Table(["metadata": .table(Table(["made by": .string("test")])), "dtype": .string("float16")])
            let none = try Self.call(
                "checkpoint.save", [path, .table(Table(["b": .tensor(x), "a": .tensor(x)])), .table(options)])
            #expect(none.isEmpty)
            let loaded = try Self.call("checkpoint.load", [path])
            try expect(try Self.tensor(Self.field(loaded[0], "a")), [2], .float16, [1, 2])
            #expect(try Self.field(loaded[1], "made by").shown == "\"test\"")
            #expect(try Checkpoint.load(folder + "/x.safetensors").names == ["a", "b"])
        }
    }

    @Test func whatIsLeftOutIsTheSecondResult() throws {
        let path = Value.string(Fixture.path("complex.pt"))
        expectError("tensor \"z\"", "{skip = true}") { _ = try Self.call("checkpoint.load", [path]) }
        let loaded = try Self.call("checkpoint.load", [path, .table(Table(["skip": .boolean(true)]))])
        try #require(loaded.count == 3)
        try expect(try Self.tensor(Self.field(loaded[0], "w")), [2], .float32, [0, 0.25])
        #expect(try Self.field(loaded[1], "z").shown.contains("complex"))
        let pairs = try Self.call("checkpoint.load", [path, .table(Table(["complex": .string("pairs")]))])
        try expect(try Self.tensor(Self.field(pairs[0], "z")), [2, 2], .float32, [0, 0, 0, 0])
        expectError("one of pairs expected") {
            _ = try Self.call("checkpoint.load", [path, .table(Table(["complex": .string("real")]))])
        }
    }

    @Test func checkpointArguments() throws {
        let x = Value.tensor(try Tensor(1))
        let good = Value.table(Table(["x": x]))
        let refused: [([Value], String)] = [
            ([], "a string expected, got nothing"), ([.string("x.npz")], "a table of tensors expected"),
            ([.string("x.bin"), good], ".safetensors, .npz, .npy"),
            ([.string("x.npz"), .table(Table([(.integer(1), x)]))], "names expected for keys, got 1"),
            ([.string("x.npz"), .table(Table(["x": .integer(3)]))], "\"x\" is a number, not a tensor"),
            ([.string("x.npz"), good, .table(Table(["dtyp": .string("float32")]))], "did you mean \"dtype\""),
            ([.string("x.npz"), good, .table(Table(["dtype": .string("int8")]))], "float16, float32, float64"),
            (
                [.string("x.npy"), good, .table(Table(["metadata": .table(Table(["a": .string("b")]))]))],
                "only .safetensors and .npz"
            ),
            (
                [.string("x.safetensors"), good, .table(Table(["metadata": .table(Table(["a": .integer(1)]))]))],
                "strings by name"
            ),
        ]
        for (arguments, complaint) in refused {
            expectError("checkpoint.save: ", complaint) { _ = try Self.call("checkpoint.save", arguments) }
        }
        expectError("checkpoint.load: none.pt: cannot open") {
            _ = try Self.call("checkpoint.load", [.string("none.pt")])
        }
    }

    @Test func digits() throws {
        let context = Context()
        expectError("data.digits: ", "no folder of models") { _ = try Self.call("data.digits", [], context) }
        context.service(ResourceFolders.self).folders = [
            "nowhere", ByteString(Fixture.path("digits.idx.gz")).splitPath.folder,
        ]
        let digits = try Self.call("data.digits", [], context)
        let images = (0..<3 * 28 * 28).map { Double(Float($0 % 256) / 255) }
        try expect(try Self.tensor(Self.field(digits[0], "images")), [3, 28, 28], .float32, images)
        try expect(try Self.tensor(Self.field(digits[0], "labels")), [3], .int64, [7, 0, 9])
        context.service(ResourceFolders.self).folders = ["nowhere"]
        expectError("looked in nowhere") { _ = try Self.call("data.digits", [], context) }
    }

    @Test func idx() throws {
        let arrays = try Self.call("data.idx", [.string(Fixture.path("digits.idx.gz"))])
        #expect(try arrays.map { try Self.tensor($0).shape } == [[3, 28, 28], [3]])
    }

    /// Runs the loop `for batch, rows in data.batches(...)`.
    static func batches(_ arguments: [Value]) throws -> [(batch: Tensor, rows: [Double])] {
        guard case .closure(let next, let bound)? = try call("data.batches", arguments).first else { return [] }
        var found: [(Tensor, [Double])] = []
        while true {
            let values = try next.body(
                Arguments(function: next.name, values: bound + [.none, .none], context: Context()))
            if case .none = values[0] { return found }
            found.append((try tensor(values[0]), try tensor(values[1]).toArray()))
        }
    }

    @Test func batchesInOrder() throws {
        let x = try Tensor(ramp(10), shape: [2, 5], .float64).permute([1, 0])
        let found = try Self.batches([.tensor(x), .integer(2)])
        #expect(found.map(\.rows) == [[1, 2], [3, 4], [5]])
        try expect(found[0].batch, [2, 2], .float64, [0, 5, 1, 6])
        try expect(found[2].batch, [1, 2], .float64, [4, 9])
        #expect(try Self.batches([.tensor(x), .integer(.max)]).count == 1)
        #expect(try Self.batches([.tensor(try Tensor.zeros([0, 3])), .integer(2)]).isEmpty)
        try found[0].batch.fill(-1)
        #expect(try x.toArray()[0] == 0)
    }

    @Test func batchesShuffled() throws {
        let x = Value.tensor(try Tensor(ramp(100), shape: [100], .float16))
        let options = { (seed: UInt64) in
            Value.table(Table(["shuffle": .boolean(true), "generator": .object(Generator(seed: seed))]))
        }
        let found = try Self.batches([x, .integer(7), options(1)])
        let rows = found.flatMap(\.rows)
        #expect(rows.sorted() == ramp(100).map { $0 + 1 })
        #expect(rows != rows.sorted())
        #expect(try found.flatMap { try $0.batch.toArray() } == rows.map { $0 - 1 })
        #expect(try Self.batches([x, .integer(7), options(1)]).flatMap(\.rows) == rows)
        #expect(try Self.batches([x, .integer(7), options(2)]).flatMap(\.rows) != rows)
    }

    @Test func batchesArguments() throws {
        expectError("no dimension") { _ = try Self.call("data.batches", [.tensor(try Tensor(1)), .integer(1)]) }
        let x = Value.tensor(try Tensor.zeros([3]))
        expectError("whole number from 1") { _ = try Self.call("data.batches", [x, .integer(0)]) }
        expectError("unknown option") {
            _ = try Self.call("data.batches", [x, .integer(1), .table(Table(["shufle": .boolean(true)]))])
        }
    }
}
