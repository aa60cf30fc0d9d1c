import Scripting
import Tensors
import Testing

@testable import Files

/// Pickles that are no state dicts: that call functions, or show memory outside their storage.
@Suite struct HostilePickleTests {
    static func load(_ pickle: [UInt8], _ storages: [(String, [UInt8])] = []) throws -> StateDict {
        try Fixture.load(ZipBuilder(pickle: pickle, storages: storages).bytes)
    }

    @Test func theBuilderMakesLoadableFiles() throws {
        let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 4), [2, 2], [1, 2]))])
        let dict = try Self.load(pickle, [("0", [1, 2, 3, 4].flatMap { word(Int(Float($0).bitPattern), 4) })])
        try expect(dict["w"], [2, 2], .float32, [1, 3, 2, 4])
    }

    @Test(arguments: [
        ("posix", "system"), ("os", "system"), ("builtins", "eval"), ("__builtin__", "exec"), ("subprocess", "Popen"),
        ("torch", "load"),
    ]) func globalsOffTheListAreRefusedByName(module: String, name: String) {
        let call = Pickle.global(module, name) + Pickle.tuple([Pickle.text("echo")]) + Pickle.reduce + Pickle.stop
        expectError("refused", "\(module).\(name)", "byte 2 of data.pkl") { _ = try Self.load(Pickle.proto + call) }
        let names = Pickle.text(module) + Pickle.text(name)
        expectError("refused", "\(module).\(name)") { _ = try Self.load(Pickle.proto + names + [0x93] + Pickle.stop) }
    }

    /// Other globals stand for objects of unknown classes: in the place of tensors they are an error that names them,
    /// and nothing is executed.
    @Test(arguments: [
        ("torch", "_utils"), ("torch._utils", "_rebuild_sparse_tensor"), ("torch.storage", "FloatStorage"),
        ("collections", "OrderedDict.clear"), ("collections ", "OrderedDict"), ("", ""),
        ("torch", "FloatStorage\u{301}"),
    ]) func otherGlobalsAreNamed(module: String, name: String) {
        let call = Pickle.global(module, name) + Pickle.tuple([Pickle.text("echo")]) + Pickle.reduce + Pickle.stop
        expectError("\(module).\(name)") { _ = try Self.load(Pickle.proto + call) }
        let names = Pickle.text(module) + Pickle.text(name)
        expectError("\(module).\(name)") { _ = try Self.load(Pickle.proto + names + [0x93] + Pickle.stop) }
    }

    @Test(arguments: [
        ([], "ends without STOP"),
        ([0x80], "ends without STOP"),
        ([0x80, 9, 0x2e], "protocol 9"),
        ([0x80, 2], "ends without STOP"),
        ([0x80, 2, 0x2e], "stack underflow"),
        ([0x80, 2, 0x7d], "ends without STOP"),
        ([0x80, 2, 0x7d, 0x7d, 0x2e], "objects left"),
        ([0x80, 2, 0x28, 0x7d, 0x2e], "objects left"),
        ([0x80, 2, 0x28, 0x2e], "stack underflow"),
        ([0x80, 2, 0x7d, 0x28, 0x30], "stack underflow"),
        ([0x80, 2, 0xff], "opcode 0xff"),
        ([0x80, 2, 0x69], "opcode 0x69"),
        ([0x80, 2, 0x81], "opcode 0x81"),
        ([0x80, 2, 0x82, 1], "opcode 0x82"),
        ([0x80, 2, 0x50], "opcode 0x50"),
        ([0x80, 2, 0x68, 7], "memo 7"),
        ([0x80, 2, 0x6a, 1, 2, 3, 4], "memo 67305985"),
        ([0x80, 2, 0x71, 0], "stack underflow"),
        ([0x80, 2, 0x94], "stack underflow"),
        ([0x80, 2, 0x52], "stack underflow"),
        ([0x80, 2, 0x29, 0x29, 0x52], "REDUCE of a tuple"),
        ([0x80, 2, 0x4e, 0x7d, 0x62], "BUILD on None"),
        ([0x80, 2, 0x5d, 0x7d, 0x62], "BUILD on a list"),
        ([0x80, 2, 0x7d, 0x5d, 0x62], "BUILD from a list"),
        ([0x80, 2, 0x74], "no MARK"),
        ([0x80, 2, 0x65], "no MARK"),
        ([0x80, 2, 0x7d, 0x28, 0x4e, 0x75], "without a value"),
        ([0x80, 2, 0x4e, 0x4e, 0x4e, 0x73], "no dict"),
        ([0x80, 2, 0x4e, 0x4e, 0x61], "no list"),
        ([0x80, 2, 0x4e, 0x51], "persistent id"),
        ([0x80, 2, 0x4e, 0x4e, 0x93], "two names"),
        ([0x80, 2, 0x63, 0x61], "name without end"),
        ([0x80, 2, 0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "a length"),
        ([0x80, 2, 0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "needed"),
        ([0x80, 2, 0x58, 0xff, 0xff, 0xff, 0xff], "needed"),
        ([0x80, 2, 0x58, 1, 0, 0, 0, 0xff], "ends without STOP"),
        ([0x80, 2, 0x8b, 0xff, 0xff, 0xff, 0xff], "needed"),
        ([0x80, 2, 0x8a, 200], "needed"),
        ([0x80, 2, 0x47, 1, 2], "needed"),
        ([0x80, 2, 0x5d, 0x2e], "not a dictionary"),
        ([0x80, 2, 0x4b, 1, 0x2e], "not a dictionary"),
    ] as [([UInt8], String)]) func malformed(pickle: [UInt8], complaint: String) {
        expectError("checkpoint.load: ", complaint) { _ = try Self.load(pickle) }
    }

    @Test func aMillionDeep() {
        let depth = 1_000_000
        let nested = [UInt8](repeating: 0x5d, count: depth) + [UInt8](repeating: 0x61, count: depth - 1)
        expectError("than any checkpoint") { _ = try Self.load(Pickle.proto + nested + Pickle.stop) }
        // ((((...)))) closed one by one, and marks that are never closed.
        let tuples = Pickle.emptyTuple + [UInt8](repeating: 0x85, count: depth)
        expectError("than any checkpoint") { _ = try Self.load(Pickle.proto + tuples + Pickle.stop) }
        expectError("objects left") {
            _ = try Self.load(Pickle.proto + [UInt8](repeating: 0x28, count: depth) + Pickle.emptyDict + Pickle.stop)
        }
    }

    @Test func aCircleLoadsAsWhatItIs() throws {
        // A dictionary that contains itself: d = {"self": d}.
        let pickle = Pickle.proto + Pickle.emptyDict + [0x71, 0] + Pickle.text("model") + [0x68, 0, 0x73] + Pickle.stop
        expectError("no tensors") { _ = try Self.load(pickle) }
    }

    @Test func moreObjectsThanAnyoneNeeds() {
        let count = PickleHeap.limit + 10
        expectError("more than \(PickleHeap.limit) objects") {
            _ = try Self.load(Pickle.proto + [UInt8](repeating: 0x4e, count: count) + Pickle.stop)
        }
        expectError("the stack grows") {
            _ = try Self.load(Pickle.proto + Pickle.emptyDict + [UInt8](repeating: 0x32, count: count) + Pickle.stop)
        }
        expectError("marks") { _ = try Self.load(Pickle.proto + [UInt8](repeating: 0x28, count: count) + Pickle.stop) }
    }

    static let eight = [UInt8](repeating: 0, count: 32)

    @Test(arguments: [
        ([8], [2], 0, "leave its storage"),
        ([9], [1], 0, "leave its storage"),
        ([8], [1], 1, "leave its storage"),
        ([2], [1], -1, "leave its storage"),
        ([2], [-1], 1, "leave its storage"),
        ([1], [1], Int.max, "leave its storage"),
        ([2], [Int.max], 1, "leave its storage"),
        ([3, 3], [Int.max / 2, Int.max / 2], 0, "leave its storage"),
        ([-1], [1], 0, "negative"),
        ([1 << 40, 1 << 40], [0, 0], 0, "too many"),
        ([2, 2], [1], 0, "is not (storage"),
        ([Int](repeating: 1, count: 65), [Int](repeating: 1, count: 65), 0, "65 dimensions"),
    ] as [([Int], [Int], Int, String)]) func viewsThatLeaveTheirStorage(
        shape: [Int], strides: [Int], offset: Int, complaint: String
    ) {
        let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 8), offset: offset, shape, strides))])
        expectError(complaint) { _ = try Self.load(pickle, [("0", Self.eight)]) }
    }

    /// Along a dimension of extent 1 or 0 a file may state any stride; the sum of two such strides may overflow an
    /// integer.
    @Test(arguments: [[1, 1], [0, 3], [2, 0]]) func stridesThatLeadNowhereMayBeAny(shape: [Int]) throws {
        let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 8), shape, [Int.max, 1 << 62]))])
        let tensor = try #require(Self.load(pickle, [("0", Self.eight)])["w"])
        #expect(try tensor.shape == shape && tensor.diagonal().toArray().count == (shape == [1, 1] ? 1 : 0))
    }

    @Test(arguments: [
        (7, "FloatStorage"), (9, "FloatStorage"), (8, "DoubleStorage"), (1 << 40, "FloatStorage"),
        (Int.max, "FloatStorage"), (Int.max / 4 + 1, "FloatStorage"), (1 << 62, "DoubleStorage"),
    ]) func storagesThatAreNotAsLargeAsTheySay(count: Int, type: String) {
        let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(type: type, count: count), [1], [1]))])
        expectError("does not hold") { _ = try Self.load(pickle, [("0", Self.eight)]) }
    }

    @Test func storagesThatAreMissingOrContradictory() {
        let lost = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage("../../etc/passwd", count: 8), [1], [1]))])
        expectError("no entry") { _ = try Self.load(lost, [("0", Self.eight)]) }
        let double = Pickle.tensor(Pickle.storage(type: "DoubleStorage", count: 4), [1], [1])
        let both = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 8), [1], [1])), ("v", double)])
        expectError("two ways") { _ = try Self.load(both, [("0", Self.eight)]) }
        let negative = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: -1), [1], [1]))])
        expectError("persistent id") { _ = try Self.load(negative, [("0", Self.eight)]) }
    }

    @Test func aMemoryCapHolds() throws {
        let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 8), [8], [1]))])
        NativeMemory.$current.withValue(NativeMemory(limit: NativeMemory.overhead + 31)) {
            expectError("checkpoint.load", "not enough memory") { _ = try Self.load(pickle, [("0", Self.eight)]) }
        }
        try NativeMemory.$current.withValue(NativeMemory(limit: NativeMemory.overhead + 32)) {
            _ = try Self.load(pickle, [("0", Self.eight)])
        }
    }
}
