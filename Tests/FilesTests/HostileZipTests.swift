import Tensors
import Testing

@testable import Files

/// Archives whose directory contradicts their contents.
@Suite struct HostileZipTests {
    static let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 2), [2], [1]))])
    static let good = ZipBuilder(pickle: pickle, storages: [("0", [UInt8](repeating: 0, count: 8))])

    static func expectRefused(
        _ complaint: String, _ change: (inout ZipBuilder) -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var zip = good
        change(&zip)
        expectError("checkpoint.load: ", complaint, sourceLocation: sourceLocation) { _ = try Fixture.load(zip.bytes) }
    }

    @Test func aGoodOneLoads() throws {
        try expect(try Fixture.load(Self.good.bytes)["w"], [2], .float32, [0, 0])
        var commented = Self.good
        commented.comment = Array("a comment PK".utf8)
        #expect(try Fixture.load(commented.bytes).count == 1)
    }

    @Test func deflatedStoragesLoad() throws {
        var zip = Self.good
        zip.entries[1].data = deflated([UInt8](repeating: 0, count: 8))
        zip.entries[1].method = 8
        zip.entries[1].size = 8
        zip.entries[1].crc = 0x6522_df69
        try expect(try Fixture.load(zip.bytes)["w"], [2], .float32, [0, 0])
    }

    @Test func names() {
        Self.expectRefused("twice") { $0.entries.append($0.entries[1]) }
        for name in ["archive/../x", "../x", "/x", "a\\b", "a\nb", "", "a/./b", ".."] {
            Self.expectRefused("not allowed") { $0.entries.append(.init(name, [1])) }
        }
        Self.expectRefused("not allowed") { $0.entries[1].name = [0xff, 0xfe] }
        Self.expectRefused("2 entries data.pkl") { $0.entries.append(.init("other/data.pkl", [1])) }
        Self.expectRefused("0 entries data.pkl") { $0.entries[0].name = Array("archive/x.pkl".utf8) }
    }

    @Test func overlaps() {
        // Two entries with the same bytes: by such overlaps one kilobyte expands to a terabyte.
        Self.expectRefused("overlaps") {
            $0.entries.append(.init("archive/data/1", $0.entries[1].data))
            $0.entries[2].pointsAt = 1
        }
        Self.expectRefused("overlaps") {
            $0.entries[0].size = UInt32($0.entries[0].data.count + 10)
            $0.entries[0].compressed = $0.entries[0].size
        }
        Self.expectRefused("past it") {
            $0.entries[1].size = 0x7fff_ffff
            $0.entries[1].compressed = 0x7fff_ffff
        }
    }

    @Test func damage() {
        Self.expectRefused("CRC") { $0.entries[1].crc = 1 }
        Self.expectRefused("CRC") { $0.entries[0].crc = 1 }
        Self.expectRefused("encrypted") { $0.entries[1].flags = 1 }
        Self.expectRefused("method 12") { $0.entries[1].method = 12 }
        Self.expectRefused("impossible sizes") { $0.entries[1].size = 7 }
        Self.expectRefused("archive/data/0") { $0.entries[1].method = 8 }
    }

    @Test func bombs() throws {
        // A few bytes that claim to be 4 GB: refused by the compression ratio, before memory is allocated.
        let pickle = Pickle.dictionary([("w", Pickle.tensor(Pickle.storage(count: 1 << 29), [2], [1]))])
        var zip = ZipBuilder(pickle: pickle, storages: [("0", deflated([UInt8](repeating: 0, count: 1000)))])
        zip.entries[1].method = 8
        zip.entries[1].size = 1 << 31
        expectError("cannot inflate") { _ = try Fixture.load(zip.bytes) }
        // More inflated bytes than the directory states are not written to memory.
        zip = Self.good
        zip.entries[1].data = deflated([UInt8](repeating: 0, count: 1000))
        zip.entries[1].method = 8
        zip.entries[1].size = 8
        expectError("archive/data/0") { _ = try Fixture.load(zip.bytes) }
        // The sum of all inflated sizes is bounded, whatever the ratio of each entry.
        zip.entries[1].data = deflated([UInt8](repeating: 0, count: 8))
        try Fixture.withFolder { folder in
            try AtomicFile.write(to: folder + "/x", for: "test") { try $0.write(zip.bytes) }
            let archive = try ZipArchive(try InputFile(folder + "/x", for: "test"), limit: 12)
            _ = try archive.source(1)
            expectError("may inflate to 12") { _ = try archive.source(1) }
        }
    }

    @Test func endRecords() {
        expectError("no directory") { _ = try Fixture.load(Self.good.bytes.dropLast(1)) }
        expectError("no directory") { _ = try Fixture.load(Self.good.bytes + [0]) }
        expectError("no directory") { _ = try Fixture.load([0x50, 0x4b, 3, 4]) }
        let whole = Self.good.bytes
        for (offset, value, complaint) in [
            (4, 1, "several parts"), (8, 9, "disagrees"), (12, 1, "not where"), (16, 1, "not where"),
        ] {
            var bytes = whole
            bytes[whole.count - 22 + offset] = UInt8(value)
            expectError(complaint) { _ = try Fixture.load(bytes) }
        }
        // Two directories, of which different programs might read different ones.
        let second = ZipBuilder([.init("other", [1])]).bytes
        expectError("zip: ") { _ = try Fixture.load(whole + second) }
        var commented = Self.good
        commented.comment = second
        expectError("not where the end record says") { _ = try Fixture.load(commented.bytes) }
    }
}
