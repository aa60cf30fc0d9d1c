import Foundation
import Tensors
import Testing

@testable import Files

@Suite struct IDXTests {
    static func load(_ bytes: [UInt8]) throws -> [Tensor] {
        try Fixture.withFolder { folder in
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/x.idx"))
            return try IDX.load(folder + "/x.idx")
        }
    }

    @Test func everyTypeInOneFile() throws {
        let arrays = try IDX.load(Fixture.path("types.idx"))
        try #require(arrays.count == 6)
        for array in arrays[0..<3] { try expect(array, [2, 3], .float32, ramp(6)) }
        try expect(arrays[3], [2, 3], .int64, ramp(6))
        try expect(arrays[4], [2, 3], .float32, ramp(6, by: 0.25))
        try expect(arrays[5], [2, 3], .float64, ramp(6, by: 0.25))
    }

    @Test func gzipMembersInARow() throws {
        let arrays = try IDX.load(Fixture.path("digits.idx.gz"))
        try #require(arrays.count == 2)
        try expect(arrays[0], [3, 28, 28], .float32, (0..<3 * 28 * 28).map { Double($0 % 256) })
        try expect(arrays[1], [3], .int64, [7, 0, 9])
    }

    @Test func twoBlocksInOneGzipMember() throws {
        let arrays = try IDX.load(Fixture.path("single.idx.gz"))
        #expect(arrays.map(\.shape) == [[3, 28, 28], [3]])
        try expect(arrays[1], [3], .int64, [7, 0, 9])
    }

    @Test(arguments: [
        ([0, 0, 8, 1, 0, 0, 0, 3, 1, 2], "cut short"),
        ([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3, 4], "cut short"),
        ([0, 0, 8, 1, 0, 0, 0, 1, 1, 9, 9, 9, 9], "not an IDX"),
        ([0, 0, 10, 1, 0, 0, 0, 0], "not an IDX"),
        ([1, 0, 8, 1, 0, 0, 0, 0], "not an IDX"),
        ([0, 0, 8, 200], "dimensions"),
        ([0, 0, 8, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "too many"),
        ([0, 0, 14, 3] + [UInt8](repeating: 0x7f, count: 12), "too many"),
        ([0, 0, 14, 2, 0, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff], "at most 0"),
        ([0, 0, 8], "cut short"),
        ([], "empty"),
    ] as [([UInt8], String)]) func countsAndLengthsThatDisagree(bytes: [UInt8], complaint: String) {
        expectError("data.idx: ", complaint) { _ = try Self.load(bytes) }
    }

    @Test func bombsAreRefusedBeforeMemoryIsAskedFor() throws {
        expectError("at most") { _ = try IDX.load(Fixture.path("promise.idx.gz")) }
        // A stream ends at its limit, whatever the compression ratio would allow.
        let source = try GzipSource(try InputFile(Fixture.path("digits.idx.gz"), for: "test"), limit: 1000)
        #expect(source.mostRemaining == 1000)
        _ = try source.bytes(900, "some")
        expectError("at most 100") { _ = try source.bytes(101, "more") }
        var buffer = [UInt8](repeating: 0, count: 101)
        expectError("more than 1000") { try buffer.withUnsafeMutableBytes { try source.read(into: $0, "more") } }
    }

    @Test func gzipDamage() throws {
        let whole = try Fixture.bytes("digits.idx.gz")
        #expect(try Self.load(whole + [0]).count == 2)
        expectError("gzip") { _ = try Self.load(whole + [1]) }
        expectError("gzip") { _ = try Self.load(whole.dropLast(1)) }
        var wrongSum = whole
        wrongSum[wrongSum.count - 5] ^= 1
        expectError("gzip: incorrect data check") { _ = try Self.load(wrongSum) }
    }
}
