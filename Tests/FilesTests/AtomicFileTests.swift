import Foundation
import Scripting
import Testing

@testable import Files

@Suite struct AtomicFileTests {
    struct Stop: Error {}

    static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func createsAndReplaces() throws {
        try Fixture.withFolder { folder in
            let path = folder + "/x"
            try AtomicFile.write(to: path, for: "test") { try $0.write("old") }
            try AtomicFile.write(to: path, for: "test") { file in
                try file.write("new")
                #expect(try Self.text(path) == "old")
            }
            #expect(try Self.text(path) == "new")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x"])
        }
    }

    @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
        try Fixture.withFolder { folder in
            let path = folder + "/x"
            try AtomicFile.write(to: path, for: "test") { try $0.write("old") }
            #expect(throws: Stop.self) {
                try AtomicFile.write(to: path, for: "test") { file in
                    try file.write("half")
                    throw Stop()
                }
            }
            #expect(try Self.text(path) == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x"])
            #expect(throws: Stop.self) { try AtomicFile.write(to: folder + "/y", for: "test") { _ in throw Stop() } }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["x"])
        }
    }

    @Test func permissions() throws {
        try Fixture.withFolder { folder in
            let path = folder + "/x"
            for mode in [0o600, 0o640, 0o755, 0o666] as [mode_t] {
                try AtomicFile.write(to: path, for: "test") { try $0.write("a") }
                chmod(path, mode)
                try AtomicFile.write(to: path, for: "test") { try $0.write("b") }
                #expect(Self.mode(path) == mode)
            }
            try Data().write(to: URL(fileURLWithPath: folder + "/plain"))
            chmod(folder + "/plain", 0o444)
            if geteuid() != 0 {
                expectError("Permission denied") { try AtomicFile.write(to: folder + "/plain", for: "test") { _ in } }
            }
            // A new file gets the permissions that other programs' new files get.
            let descriptor = open(folder + "/usual", O_CREAT | O_WRONLY, 0o666)
            close(descriptor)
            try AtomicFile.write(to: folder + "/ours", for: "test") { _ in }
            #expect(Self.mode(folder + "/ours") == Self.mode(folder + "/usual"))
        }
    }

    @Test func linksStayLinks() throws {
        try Fixture.withFolder { folder in
            try AtomicFile.write(to: folder + "/real", for: "test") { try $0.write("old") }
            symlink("real", folder + "/link")
            try AtomicFile.write(to: folder + "/link", for: "test") { try $0.write("new") }
            #expect(try Self.text(folder + "/real") == "new")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "real")
            symlink("later", folder + "/dangling")
            try AtomicFile.write(to: folder + "/dangling", for: "test") { try $0.write("here") }
            #expect(try Self.text(folder + "/later") == "here")
        }
    }

    @Test func targetsThatAreNoFiles() throws {
        try Fixture.withFolder { folder in
            expectError("test: ", "is a folder") { try AtomicFile.write(to: folder, for: "test") { _ in } }
            expectError("not a regular file") { try AtomicFile.write(to: "/dev/null", for: "test") { _ in } }
            expectError("not a file name") { try AtomicFile.write(to: "", for: "test") { _ in } }
            expectError("not a file name") { try AtomicFile.write(to: folder + "/", for: "test") { _ in } }
            expectError("No such file") { try AtomicFile.write(to: folder + "/none/x", for: "test") { _ in } }
        }
    }
}
