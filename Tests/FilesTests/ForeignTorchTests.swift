import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// Files that other programs saved with `torch.save`; `make_foreign_fixtures.py` made them.
@Suite struct ForeignTorchTests {
    static func load(_ file: String, skip: Bool = false, pairs: Bool = false) throws -> StateDict {
        try Checkpoint.load(Fixture.path(file), ReadingOptions(skip: skip, complexAsPairs: pairs))
    }

    // MARK: The format before 1.6

    @Test(arguments: ["old.p2.pt", "old.p4.pt"]) func theOldFormat(file: String) throws {
        let dict = try Self.load(file)
        let base = ramp(24, by: 0.25)
        try expect(dict["tied"], [4, 6], .float32, base)
        try expect(dict["transposed"], [6, 4], .float32, (0..<6).flatMap { j in (0..<4).map { base[$0 * 6 + j] } })
        try expect(dict["row"], [6], .float32, Array(base[12..<18]))
        try expect(dict["step"], [2, 2], .float32, [base[0], base[3], base[12], base[15]])
        try expect(dict["expanded"], [3, 2], .float32, [Double](repeating: 7, count: 6))
        try expect(dict["scalar"], [], .float32, [2.5])
        try expect(dict["empty"], [0, 4], .float32, [])
        try expect(dict["parameter"], [2, 2], .float32, [0, 0.5, 0.25, 0.75])
        #expect(dict["tied"]?.storage === dict["transposed"]?.storage)
        for type in ["f16", "bf16", "f32", "f64"] { #expect(try dict["ramp.\(type)"]?.toArray() == ramp(6, by: 0.25)) }
        for type in ["u8", "i8", "i16", "i32", "i64"] { #expect(try dict["ramp.\(type)"]?.toArray() == ramp(6)) }
        #expect(try dict["mask"]?.toArray() == [1, 0, 1])
        #expect(dict.count == 18)
    }

    /// Names as byte strings, an OrderedDict with arguments, and a view of a storage with a key of its own.
    @Test func whatPython2Wrote() throws {
        let dict = try Self.load("old.python2.pt")
        #expect(dict.names == ["first", "all", "part"])
        try expect(dict["first"], [2], .float32, [0.25, 0.5])
        try expect(dict["all"], [6], .float32, ramp(6, by: 0.25))
        try expect(dict["part"], [3], .float32, [0.75, 1, 1.25])
        #expect(dict["all"]?.storage === dict["part"]?.storage)
    }

    @Test func oldFilesThatLie() throws {
        let whole = try Fixture.bytes("old.tiny.pt")
        #expect(try Fixture.load(whole).count == 1)
        expectError("1 bytes follow the last storage") { _ = try Fixture.load(whole + [0]) }
        expectError("cut short") { _ = try Fixture.load(whole.dropLast()) }
        var count = whole
        count[whole.count - 24] = 5
        expectError("does not hold") { _ = try Fixture.load(count) }
        let part = try Fixture.bytes("old.python2.pt")
        let place = try #require(
            part.indices.first { part[$0...].starts(with: [0x55, 2, 0x31, 0x32, 0x4b, 2, 0x4b, 4]) })
        for (offset, change) in [(5, UInt8(3)), (7, 5), (7, 255)] {
            var bytes = part
            bytes[place + offset] = change
            expectError("leaves its storage") { _ = try Fixture.load(bytes) }
        }
    }

    // MARK: States and kinds of tensors

    @Test func lazyBits() throws {
        let dict = try Self.load("negated.pt")
        try expect(dict["a"], [2, 3], .float32, (0..<6).map { -(Double($0) / 4 + 1) })
        let bits = try #require(dict["b"]).base(Float.self)
        #expect(bits[0] == -1 && bits[1].bitPattern == 0 && bits[2].isNaN && bits[2].sign == .minus)
        try expect(dict["w"], [2], .float32, [0, 0.25])
    }

    /// `{"neg": ...}` with any other entry is reported, not ignored.
    @Test(arguments: [
        ([("neg", [0x88])], "-1.0"), ([("neg", [0x89])], "1.0"), ([("conj", [0x88])], "1.0"),
        ([("wobble", [0x88])], "its state \"wobble\" is not known"), ([("neg", [0x4b, 1])], "an int, not a bool"),
    ] as [([(String, [UInt8])], String)]) func states(state: [(String, [UInt8])], outcome: String) throws {
        let pickled = Pickle.emptyDict + Pickle.mark + state.flatMap { Pickle.text($0.0) + $0.1 } + Pickle.setItems
        let tensor = Pickle.global("torch._utils", "_rebuild_tensor_v2")
            + Pickle.tuple([
                Pickle.storage(count: 1), Pickle.integer(0), Pickle.tuple([Pickle.integer(1)]),
                Pickle.tuple([Pickle.integer(1)]),
                [0x89], Pickle.emptyDict, pickled,
            ]) + Pickle.reduce
        let file = ZipBuilder(
            pickle: Pickle.dictionary([("w", tensor)]), storages: [("0", word(Int(Float(1).bitPattern), 4))])
        if let value = Double(outcome) {
            #expect(try Fixture.load(file.bytes)["w"]?.toArray() == [value])
        } else {
            expectError("tensor \"w\"", outcome) { _ = try Fixture.load(file.bytes) }
        }
    }

    @Test func complexNumbersAsPairs() throws {
        expectError(
            "complex.all.pt", "tensor \"z\"", "torch.ComplexFloatStorage", "{complex = \"pairs\"}", "{skip = true}"
        ) {
            _ = try Self.load("complex.all.pt")
        }
        let rest = try Self.load("complex.all.pt", skip: true)
        #expect(rest.names == ["w"] && rest.leftOut.map(\.name) == ["z", "conj", "neg", "column", "z128"])
        let dict = try Self.load("complex.all.pt", pairs: true)
        let pairs = (0..<6).flatMap { [Double($0) / 4, Double($0) / 4 + 1] }
        try expect(dict["z"], [2, 3, 2], .float32, pairs)
        try expect(dict["z128"], [2, 3, 2], .float64, pairs)
        try expect(
            dict["conj"], [2, 3, 2], .float32, pairs.enumerated().map { $0.offset % 2 == 0 ? $0.element : -$0.element })
        try expect(dict["neg"], [2, 3, 2], .float32, pairs.map { -$0 })
        try expect(dict["column"], [2, 2], .float32, [pairs[2], pairs[3], pairs[8], pairs[9]])
        let array = try Checkpoint.load(Fixture.path("complex.npy"), ReadingOptions(complexAsPairs: true))["array"]
        try expect(array, [2, 3, 2], .float32, pairs)
    }

    @Test func oneKindThatIsNotReadDoesNotTakeTheOthers() throws {
        expectError("kinds.pt", "tensor \"f8\"", "torch.float8_e4m3fn", "{skip = true}") {
            _ = try Self.load("kinds.pt")
        }
        let dict = try Self.load("kinds.pt", skip: true)
        #expect(dict.names == ["w", "u16", "u32", "u64", "attributes", "subclass"])
        #expect(try dict["u16"]?.toArray() == [1, 65535])
        #expect(try dict["u32"]?.toArray() == [1, 4_294_967_295])
        #expect(try dict["u64"]?.toArray() == [1, 4_294_967_296])
        try expect(dict["attributes"], [1], .float32, [3])
        try expect(dict["subclass"], [2], .float32, [4, 5])
        let reasons = Dictionary(uniqueKeysWithValues: dict.leftOut.map { ($0.name, $0.reason) })
        for (name, reason) in [
            ("f8", "float8_e4m3fn"), ("sparse", "a sparse tensor"), ("csr", "a sparse tensor"),
            ("quantised", "quantised"), ("meta", "meta"),
        ] {
            #expect(reasons[name]?.contains(reason) == true, "\(name): \(reasons[name] ?? "missing")")
        }
        #expect(reasons.count == 5)
    }

    /// A tensor that a class makes itself is a tensor, and is named; one without numbers may begin anywhere.
    @Test func tensorsOfClassesOfTheirOwn() throws {
        expectError("own.pt", "tensor \"jagged\"", "a tensor of a class of its own", "_rebuild_njt", "{skip = true}") {
            _ = try Self.load("own.pt")
        }
        let dict = try Self.load("own.pt", skip: true)
        #expect(dict.names == ["w", "behind", "twice"] && dict.leftOut.map(\.name) == ["jagged", "parameter", "lazy"])
        try expect(dict["behind"], [2, 0], .float32, [])
        try expect(dict["twice"], [0], .float32, [])
        #expect(dict.foreign.contains("torch.nested._internal.nested_tensor.NestedTensor"))
        // A parameter of something that a function makes.
        let thing = Pickle.global("some.module", "make") + Pickle.emptyTuple + Pickle.reduce
        let parameter = Pickle.global("torch._utils", "_rebuild_parameter")
            + Pickle.tuple([thing, [0x89], Pickle.emptyDict]) + Pickle.reduce
        let good = ("w", Pickle.tensor(Pickle.storage(count: 1), [1], [1]))
        let file = ZipBuilder(pickle: Pickle.dictionary([("p", parameter), good]), storages: [("0", [0, 0, 0, 0])])
        expectError("tensor \"p\"", "some.module.make") { _ = try Fixture.load(file.bytes) }
        #expect(try Fixture.load(file.bytes, ReadingOptions(skip: true)).names == ["w"])
    }

    // MARK: What stands beside the weights

    @Test(arguments: ["beside.p2.pt", "beside.p4.pt", "beside.old.pt"]) func anythingBesideTheWeights(file: String)
        throws
    {
        let dict = try Self.load(file)
        #expect(dict.names == [
            "kept", "first.weight", "first.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
            "norm.num_batches_tracked",
        ])
        try expect(dict["first.weight"], [2, 3], .float32, ramp(6, by: 0.25))
    }

    @Test(arguments: ["module.pt", "module.nested.pt"]) func aModuleThatWasSavedWholeGivesItsStateDict(file: String)
        throws
    {
        let dict = try Self.load(file)
        #expect(dict.names == [
            "kept", "first.weight", "first.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var",
            "norm.num_batches_tracked",
        ])
        try expect(dict["first.weight"], [2, 3], .float32, ramp(6, by: 0.25))
    }

    @Test(arguments: [
        ("several.pt", ["generator.w", "discriminator.w"]), ("list.pt", ["1.w", "2.w"]), ("deep.pt", ["state.net.w"]),
        ("lightning.pt", ["net.w"]),
    ]) func wholeCheckpoints(file: String, names: [String]) throws {
        let dict = try Self.load(file)
        #expect(dict.names == names)
        #expect(try dict[names[0]]?.toArray() == [0, 0.25])
    }

    @Test func parametersWithoutValuesAreNamed() throws {
        let global = Pickle.global("torch.nn.parameter", "UninitializedParameter")
        let good = Pickle.tensor(Pickle.storage(count: 1), [1], [1])
        let file = ZipBuilder(
            pickle: Pickle.dictionary([("w", good), ("u", global + Pickle.tuple([]) + Pickle.reduce)]),
            storages: [("0", [0, 0, 0, 0])])
        expectError("a tensor that has no values yet") { _ = try Fixture.load(file.bytes) }
    }

    /// No function is called, whichever opcode asks for it; a file that names functions like os.system is refused.
    @Test(arguments: [
        ("os", "system"), ("posix", "popen"), ("nt", "system"), ("subprocess", "check_output"), ("builtins", "eval"),
        ("__builtin__", "execfile"), ("builtins", "__import__"), ("importlib", "import_module"), ("runpy", "run_path"),
        ("shutil", "rmtree"), ("socket", "socket"), ("sys", "exit"), ("pickle", "loads"), ("torch.hub", "load"),
        ("os.path", "join"), ("webbrowser", "open"),
    ]) func hostileNamesAreRefusedBesideGoodTensors(module: String, name: String) {
        let global = Pickle.global(module, name)
        let arguments = Pickle.tuple([Pickle.text("echo")])
        let good = ("w", Pickle.tensor(Pickle.storage(count: 1), [1], [1]))
        for call in [
            global + arguments + Pickle.reduce, global + arguments + [0x81],
            global + arguments + Pickle.emptyDict + [0x92],
            Pickle.mark + global + Pickle.text("echo") + [0x6f],
            Pickle.mark + Pickle.text("echo") + [0x69] + Array("\(module)\n\(name)\n".utf8),
            Pickle.text(module) + Pickle.text(name) + [0x93] + arguments + Pickle.reduce,
        ] {
            let file = ZipBuilder(pickle: Pickle.dictionary([good, ("evil", call)]), storages: [("0", [0, 0, 0, 0])])
            expectError("refused to touch \"\(module).\(name)\"") { _ = try Fixture.load(file.bytes) }
        }
    }

    @Test func placeholdersOfAnyOpcode() throws {
        let good = ("w", Pickle.tensor(Pickle.storage(count: 1), [1], [1]))
        let global = Pickle.global("some.module", "Thing")
        let arguments = Pickle.tuple([Pickle.text("x")])
        for thing in [
            global, global + arguments + Pickle.reduce, global + arguments + [0x81],
            global + arguments + Pickle.emptyDict + [0x92],
            Pickle.mark + global + Pickle.text("x") + [0x6f], Pickle.mark + [0x69] + Array("some.module\nThing\n".utf8),
            global + arguments + Pickle.reduce + Pickle.emptyDict + Pickle.build,
            global + arguments + Pickle.reduce + Pickle.tuple([[0x4e], Pickle.emptyDict]) + Pickle.build,
            global + arguments + Pickle.reduce + Pickle.mark + [0x4b, 1, 0x65],
            global + arguments + Pickle.reduce + Pickle.mark + Pickle.text("k") + [0x4b, 1] + Pickle.setItems,
            global + arguments + Pickle.reduce + arguments + Pickle.reduce,
            Array("I01\nI7\n0F1.5\n0L123456789012345678901234567890L\n0S'a b'\n0Va\\u0020b\n0p5\ng5\n0".utf8),
            [0x28, 0x4b, 1, 0x91], Array("(I1\nI2\nl".utf8),
        ] as [[UInt8]] {
            let file = ZipBuilder(pickle: Pickle.dictionary([("thing", thing), good]), storages: [("0", [0, 0, 0, 0])])
            #expect(try Fixture.load(file.bytes).names == ["w"], "\(thing)")
            // A global in the place of the tensors is an error that names it.
            if thing.starts(with: global), thing.count > global.count, !thing.suffix(1).elementsEqual(Pickle.setItems) {
                let alone = ZipBuilder(pickle: Pickle.proto + thing + Pickle.stop)
                expectError("refused to touch \"some.module.Thing\"", "byte 2 of data.pkl") {
                    _ = try Fixture.load(alone.bytes)
                }
            }
        }
    }

    /// Few bytes that stand for a lot: one list in a million places, a module that contains itself.
    @Test func pickleBombsEnd() throws {
        let tensor = Pickle.tensor(Pickle.storage(count: 1), [1], [1])
        let storages = [("0", [UInt8](repeating: 0, count: 4))]
        // A list with 1000 times the tensor, in a list with 1000 times that list, and so on: each list is visited once.
        var nested = Pickle.emptyList + [0x71, 0] + Pickle.mark + tensor + [0x71, 1]
        nested += (0..<999).flatMap { _ in [0x68, 1] as [UInt8] } + [0x65]
        for level in 2..<6 {
            nested += [0x71, UInt8(level), 0x30] + Pickle.emptyList + Pickle.mark
            nested += (0..<1000).flatMap { _ in [0x68, UInt8(level)] as [UInt8] } + [0x65]
        }
        let once = try Fixture.load(ZipBuilder(pickle: Pickle.proto + nested + Pickle.stop, storages: storages).bytes)
        #expect(once.count == 1000)
        // A state {"_modules": {"m": the module itself}}.
        let inner = Pickle.emptyDict + Pickle.text("m") + [0x68, 0, 0x73]
        let module =
            Pickle.global("a", "Module") + Pickle.emptyTuple + [0x81, 0x71, 0] + Pickle.emptyDict
            + Pickle.text("_modules")
            + inner + [0x73] + Pickle.build
        expectError("than any checkpoint") {
            _ = try Fixture.load(ZipBuilder(pickle: Pickle.proto + module + Pickle.stop).bytes)
        }
        // A small compressed entry that inflates to a large pickle.
        var zip = ZipBuilder(pickle: [])
        let large = Pickle.proto + [UInt8](repeating: 0x4e, count: 3_000_000)
        zip.entries[0].data = deflated(large)
        zip.entries[0].method = 8
        zip.entries[0].size = UInt32(large.count)
        expectError("is no checkpoint") { _ = try Fixture.load(zip.bytes) }
    }

    // MARK: Archives

    @Test(arguments: ["deflated.pt", "renamed.pt", "wide.pt", "big_endian.pt", "streamed.pt"]) func archives(
        file: String
    ) throws {
        try expect(try Self.load(file)["w"], [2, 2], .float32, ramp(4, by: 0.25))
    }

    @Test func aChecksumOfZeroWasNotComputed() throws {
        try expect(try Self.load("no_crc.pt")["w"], [2, 3], .float32, ramp(6, by: 0.25))
        // Any other checksum than 0 is compared with the bytes; in an .npz 0 is compared, too.
        var zip = HostileZipTests.good
        zip.entries[1].data = [1, 0, 0, 0, 0, 0, 0, 0]
        zip.entries[1].crc = 0
        #expect(try Fixture.load(zip.bytes).count == 1)
        var npz = ZipBuilder([.init("a.npy", try Fixture.bytes("version1.npy"))])
        npz.entries[0].crc = 0
        expectError("CRC") { _ = try Fixture.load(npz.bytes) }
    }

    @Test func manySmallThingsAreCharged() throws {
        // A hundred thousand tensors of one number share a storage: the tensors' own memory counts.
        let one = Pickle.tensor(Pickle.storage(count: 1), [1], [1])
        let items = (0..<20_000).map { ("\($0)", $0 == 0 ? one + [0x71, 0] : [0x68, 0]) }
        let bytes = ZipBuilder(pickle: Pickle.dictionary(items), storages: [("0", [0, 0, 0, 0])]).bytes
        NativeMemory.$current.withValue(NativeMemory(limit: 1 << 20)) {
            expectError("not enough memory") { _ = try Fixture.load(bytes) }
        }
        #expect(try Fixture.load(bytes).count == 20_000)
    }
}
