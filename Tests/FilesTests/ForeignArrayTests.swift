import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// Files of NumPy, safetensors and gzip that hold more than plain numbers.
@Suite struct ForeignArrayTests {
    static let words: KeyValuePairs = [
        "names": "texts", "when": "dates", "records": "records", "objects": "Python objects", "z": "<c8",
        "column": "<c8",
        "raw": "raw bytes", "long": "<f16",
    ]

    @Test func oneArrayOfTextsDoesNotTakeTheOthers() throws {
        expectError("mixed.npz", "array \"names\"", "<U3", "{skip = true}") {
            _ = try Checkpoint.load(Fixture.path("mixed.npz"))
        }
        let dict = try Checkpoint.load(Fixture.path("mixed.npz"), ReadingOptions(skip: true))
        #expect(dict.names == ["w"])
        try expect(dict["w"], [2, 3], .float32, ramp(6, by: 0.25))
        #expect(dict.leftOut.map(\.name) == Self.words.map(\.key))
        for (name, word) in Self.words {
            #expect(dict.leftOut.first { $0.name == name }?.reason.contains(word) == true, "\(name): \(dict.leftOut)")
        }
        let pairs = try Checkpoint.load(Fixture.path("mixed.npz"), ReadingOptions(skip: true, complexAsPairs: true))
        try expect(pairs["z"], [2, 3, 2], .float32, (0..<6).flatMap { [Double($0) / 4, Double($0) / 4 + 1] })
        try expect(pairs["column"], [2, 3, 2], .float32, (0..<6).flatMap { [Double($0) / 4, 1] })
    }

    /// uint64 is read as int64: a tensor with numbers too large for it is named, and the others are read.
    @Test func wholeNumbersBeyondInt64() throws {
        let header =
            #"{"big":{"dtype":"U64","shape":[2],"data_offsets":[0,16]},"w":{"dtype":"U64","shape":[1],"data_offsets":[16,24]}}"#
        let bytes = Self.safetensors(header, word(1, 8) + word(.min, 8) + word(.max, 8))
        expectError("tensor \"big\"", "9223372036854775808 is beyond int64") { _ = try Fixture.load(bytes) }
        try Fixture.withFolder { folder in
            try Fixture.write(bytes, to: folder + "/x")
            let dict = try Checkpoint.load(folder + "/x", ReadingOptions(skip: true))
            #expect(try dict.names == ["w"] && dict["w"]?.toIntegers() == [.max] && dict.leftOut.map(\.name) == ["big"])
        }
    }

    @Test func aDamagedArrayIsLeftOutByName() throws {
        try Fixture.withFolder { folder in
            var zip = ZipBuilder([
                .init("a.npy", try Fixture.bytes("version1.npy")), .init("b.npy", try Fixture.bytes("version2.npy")),
            ])
            zip.entries[0].crc = 1
            try Fixture.write(zip.bytes, to: folder + "/x.npz")
            expectError("CRC") { _ = try Checkpoint.load(folder + "/x.npz") }
            let dict = try Checkpoint.load(folder + "/x.npz", ReadingOptions(skip: true))
            #expect(dict.names == ["b"] && dict.leftOut.map(\.name) == ["a"])
            // Running out of memory is not reported as a fault of the file.
            NativeMemory.$current.withValue(NativeMemory(limit: 10)) {
                expectError("not enough memory") {
                    _ = try Checkpoint.load(folder + "/x.npz", ReadingOptions(skip: true))
                }
            }
        }
    }

    @Test func aShapeOfLongIntegers() throws {
        try expect(try Checkpoint.load(Fixture.path("python2.npy"))["array"], [2, 3], .float32, ramp(6, by: 0.25))
    }

    @Test(arguments: [".npz", ".safetensors"]) func nothingAtAll(ending: String) throws {
        try Fixture.withFolder { folder in
            for metadata in [[:], ["a": "b"]] as [[ByteString: String]] {
                try Checkpoint.save(folder + "/x" + ending, StateDict(metadata: metadata))
                let back = try Checkpoint.load(folder + "/x" + ending)
                #expect(back.isEmpty && back.metadata == metadata)
            }
        }
        #expect(try Checkpoint.load(Fixture.path("none.npz")).isEmpty)
    }

    static func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
        word(header.utf8.count, 8) + Array(header.utf8) + data
    }

    @Test(arguments: [
        #"{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"note":"x","n":-1.5e3,"t":true,"f":false,"z":null}}"#,
        #"{"a":{"more":{"deep":[1,[],{},{"a":[{"b":"\"}]"}]}],"k":{}},"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"list":[ ],"object":{ },"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    ]) func headersThatSayMore(header: String) throws {
        let dict = try Fixture.load(Self.safetensors(header, [0, 0, 0x80, 0x3f]))
        try expect(dict["a"], [1], .float32, [1])
        #expect(dict.metadata.isEmpty)
    }

    /// The format has only texts in its metadata, yet some writers put numbers and lists there. The tensors can be read
    /// all the same; with `skip` the metadata is left out, and named.
    @Test(arguments: [
        "{\"epoch\":3}", "{\"a\":\"b\",\"list\":[1,{\"c\":null}]}", "[]", "7", "true", "\"text\"", "{\"a\":null}",
    ])
    func metadataThatIsNotOfTexts(value: String) throws {
        let tensor = #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        for header in ["{\"__metadata__\":\(value),\(tensor)}", "{\(tensor),\"__metadata__\":\(value)}"] {
            let file = Self.safetensors(header, [0, 0, 0x80, 0x3f])
            expectError("__metadata__ holds texts under texts", "{skip = true}") { _ = try Fixture.load(file) }
            let dict = try Fixture.load(file, ReadingOptions(skip: true))
            try expect(dict["a"], [1], .float32, [1])
            #expect(dict.metadata.isEmpty && dict.leftOut.map(\.name) == ["__metadata__"])
        }
        // A header that is no JSON is an error, with `skip` as without.
        let broken = Self.safetensors("{\"__metadata__\":\(value.dropLast()),\(tensor)}", [0, 0, 0x80, 0x3f])
        if value != "7" {
            expectError("safetensors header") { _ = try Fixture.load(broken, ReadingOptions(skip: true)) }
        }
    }

    @Test(arguments: [
        "{", "[", "{]", "[}", "[1 2]", "{\"a\"}", "{\"a\":}", "{1:2}", "[,]", "[1,]", "+", "nul", "tru", "\"", "--1",
        "1e", "",
    ]) func whatIsNoJSONIsStillRefused(value: String) {
        let header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":\(value)}}"
        expectError("checkpoint.load: ") { _ = try Fixture.load(Self.safetensors(header, [0, 0, 0, 0])) }
    }

    @Test func typesThatNoTensorHas() throws {
        let header =
            #"{"f8":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"F16","shape":[1],"data_offsets":[2,4]},"#
            + #""c":{"dtype":"C64","shape":[1],"data_offsets":[4,12]},"new":{"dtype":"X3","shape":[5],"data_offsets":[12,14]}}"#
        let bytes = Self.safetensors(
            header, [1, 2, 0, 0x3c] + word(Int(Float(1).bitPattern), 4) + word(Int(Float(2).bitPattern), 4) + [0, 0])
        expectError("tensor \"f8\"", "F8_E4M3", "{skip = true}") { _ = try Fixture.load(bytes) }
        try Fixture.withFolder { folder in
            try Fixture.write(bytes, to: folder + "/x")
            let dict = try Checkpoint.load(folder + "/x", ReadingOptions(skip: true, complexAsPairs: true))
            #expect(dict.names == ["w", "c"] && dict.leftOut.map(\.name) == ["f8", "new"])
            try expect(dict["c"], [1, 2], .float32, [1, 2])
        }
    }

    @Test func gzipPaddingAndMembers() throws {
        for file in ["padded.idx.gz", "members.idx.gz"] {
            let arrays = try IDX.load(Fixture.path(file))
            #expect(try arrays.count == 1 && arrays[0].toArray() == [5, 6, 7], "\(file)")
        }
        let padded = try Fixture.bytes("padded.idx.gz")
        expectError("gzip: something follows the zeros") { _ = try IDXTests.load(padded + [1]) }
        expectError("gzip") { _ = try IDXTests.load(Array(padded.dropLast(1000)) + [1, 0, 0]) }
        expectError("gzip: something follows the zeros") { _ = try IDXTests.load(padded + padded) }
    }

    /// 900,000 arrays of one byte each are 20 kB when compressed by gzip, but would take 430 MB as tensors: refused.
    @Test func manySmallArraysEnd() throws {
        let one: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 1, 7]
        #expect(try IDXTests.load(Array((0..<IDX.limit).map { _ in one }.joined())).count == IDX.limit)
        expectError("more than 1000 arrays") {
            _ = try IDXTests.load(Array((0..<IDX.limit + 1).map { _ in one }.joined()))
        }
    }

    /// Entry names as NumPy or other programs write them, also with `..` or a leading slash: nothing is unpacked to
    /// disk, so no name does harm.
    @Test func entriesOfAllNames() throws {
        let one = NpyHeader.bytes("<f4", [1]) + word(Int(Float(1).bitPattern), 4)
        for name in ["../up", "/abs", "a\\b", "a\nb", ".", "..", "x/../y", "\u{e9}", "e\u{301}"] {
            let file = ZipBuilder([.init(name + ".npy", one), .init("plain.npy", one)])
            #expect(try Fixture.load(file.bytes).names == [name, "plain"])
        }
        // Entries that are folders are no arrays.
        #expect(try Fixture.load(ZipBuilder([.init("sub/", []), .init("sub/a.npy", one)]).bytes).names == ["sub/a"])
    }

    /// An entry that is packed in an unsupported way is named, and the others are read.
    @Test func entriesPackedInOtherWays() throws {
        let one = NpyHeader.bytes("<f4", [1]) + word(Int(Float(1).bitPattern), 4)
        for (change, reason) in [
            ({ $0.method = 12 }, "method 12"), ({ $0.method = 14 }, "method 14"), ({ $0.flags = 1 }, "encrypted"),
        ] as [((inout ZipBuilder.Entry) -> Void, String)] {
            var file = ZipBuilder([.init("a.npy", one), .init("b.npy", one)])
            change(&file.entries[0])
            try Fixture.withFolder { folder in
                try Fixture.write(file.bytes, to: folder + "/file")
                expectError("array \"a\"", reason, "{skip = true}") { _ = try Checkpoint.load(folder + "/file") }
                let dict = try Checkpoint.load(folder + "/file", ReadingOptions(skip: true))
                #expect(dict.names == ["b"] && dict.leftOut.map(\.name) == ["a"])
            }
        }
    }

    /// An array of bytes that has the metadata's name but is no metadata: named, and left out with `skip`.
    @Test func metadataThatIsNone() throws {
        let one = NpyHeader.bytes("<f4", [1]) + word(Int(Float(1).bitPattern), 4)
        let file = ZipBuilder([.init("__metadata__.npy", NpyHeader.bytes("|u1", [3]) + [1, 2, 3]), .init("b.npy", one)])
        try Fixture.withFolder { folder in
            try Fixture.write(file.bytes, to: folder + "/file")
            expectError("__metadata__") { _ = try Checkpoint.load(folder + "/file") }
            let dict = try Checkpoint.load(folder + "/file", ReadingOptions(skip: true))
            #expect(dict.names == ["b"] && dict.leftOut.map(\.name) == ["__metadata__"])
        }
    }

    /// NumPy's other names of the same types, and names written by Python 2.
    @Test(arguments: ["'float32'", "'f'", "'=f4'", "'f4'", "u'<f4'", "\"<f4\"", "u\"f\""]) func namesOfTypes(
        type: String
    ) throws {
        let literal = Array("{'descr': \(type), 'fortran_order': False, 'shape': (1,), }\n".utf8)
        let file = NpyHeader.magic + [1, 0] + word(literal.count, 2) + literal + word(Int(Float(2).bitPattern), 4)
        try expect(try Fixture.load(file)["array"], [1], .float32, [2])
    }
}
