import Foundation
import Scripting
import Tensors
import Testing

@testable import Files

/// Saving under a limit on the size of files (ulimit -f), and what killed processes leave behind.
@Suite(.serialized) struct LimitedSaveTests {
    /// The folder that parent and child both use, named after the parent's process number.
    static func folder(of process: pid_t) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("storage-limited-\(process)").path
    }

    static func setLimit(_ bytes: rlim_t) {
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        #if canImport(Glibc)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
            setrlimit(RLIMIT_FSIZE, &limit)
        #endif
    }

    static func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = Self.folder(of: getpid())
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    /// Without care SIGXFSZ would end the child: instead there is an error, in every format, and no partial file is
    /// left.
    @Test func aLimitIsAnError() async throws {
        try await withFolder { folder in
            await #expect(processExitsWith: .success) {
                let folder = LimitedSaveTests.folder(of: getppid())
                let (small, large) = (
                    StateDict([("array", try Tensor(1))]), StateDict([("array", try Tensor.zeros([100_000]))])
                )
                for ending in Checkpoint.writable { try Checkpoint.save(folder + "/x" + ending, small) }
                LimitedSaveTests.setLimit(10_000)
                for ending in Checkpoint.writable {
                    for name in ["/x", "/new"] {
                        expectError("cannot write: File too large") {
                            try Checkpoint.save(folder + name + ending, large)
                        }
                    }
                    #expect(try Checkpoint.load(folder + "/x" + ending)["array"]?.count == 1)
                }
                let left = try LimitedSaveTests.files(folder)
                #expect(left == ["x.npy", "x.npz", "x.safetensors"])
                // A file that fits is still written.
                try Checkpoint.save(folder + "/x.npy", small)
            }
            let left = try Self.files(folder)
            #expect(left.count == 3)
        }
    }

    /// The signal is blocked only during a save: afterwards a program that embeds LuaFlow finds it as it was.
    @Test func theSignalIsAsBeforeAfterwards() async throws {
        try await withFolder { folder in
            await #expect(processExitsWith: .signal(SIGXFSZ)) {
                let folder = LimitedSaveTests.folder(of: getppid())
                LimitedSaveTests.setLimit(10_000)
                expectError("File too large") {
                    try Checkpoint.save(folder + "/x.npy", StateDict([("array", try Tensor.zeros([100_000]))]))
                }
                // Threads of a pool block signals by themselves.
                var signal = sigset_t()
                sigemptyset(&signal)
                sigaddset(&signal, SIGXFSZ)
                pthread_sigmask(SIG_UNBLOCK, &signal, nil)
                let descriptor = open(folder + "/y", O_WRONLY | O_CREAT, 0o600)
                let bytes = [UInt8](repeating: 0, count: 20_000)
                write(descriptor, bytes, bytes.count)
                write(descriptor, bytes, bytes.count)
            }
        }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGKILL]) func nothingIsLeftOfASaveThatASignalEnded(signal: Int32) async throws {
        try await withFolder { folder in
            try Data([UInt8(signal)]).write(to: URL(fileURLWithPath: folder + "/signal"))
            await #expect(processExitsWith: .failure) {
                let folder = LimitedSaveTests.folder(of: getppid())
                let signal = Int32(try Data(contentsOf: URL(fileURLWithPath: folder + "/signal"))[0])
                try AtomicFile.write(to: folder + "/x", for: "test") { file in
                    try file.write("half of a new file")
                    kill(getpid(), signal)
                    while true { usleep(1000) }
                }
            }
            try AtomicFile.write(to: folder + "/other", for: "test") { try $0.write("y") }
            let left = try Self.files(folder)
            #expect(left == ["other", "signal"])
        }
    }

    /// Where unfinished files have names: those of this machine's dead processes are removed at the next save, and no
    /// others.
    @Test func leftOversOfDeadProcessesGo() async throws {
        try await withFolder { folder in
            await #expect(processExitsWith: .signal(SIGKILL)) {
                let folder = LimitedSaveTests.folder(of: getppid())
                let report = Report(operation: "test", path: "x")
                let temporary = try TemporaryFile(
                    in: try Folder(ByteString(folder), report), for: "x.y", 0o666, report, named: true)
                try withExtendedLifetime(temporary) {
                    try AtomicFile(descriptor: temporary.descriptor, report: report).write("half")
                }
                kill(getpid(), SIGKILL)
                withExtendedLifetime(temporary) {}
            }
            let left = try Self.files(folder)
            #expect(left.count == 1 && left[0].hasPrefix(".x.y.") && left[0].hasSuffix(".part"))
            let report = Report(operation: "test", path: "x")
            let ours = try TemporaryFile(
                in: try Folder(ByteString(folder), report), for: "mine", 0o666, report, named: true)
            for name in [".a.part", ".x.y.other-1.abc.part", "x.part", ".b.\(getpid()).c.part"] {
                try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            try AtomicFile.write(to: folder + "/z", for: "test") { try $0.write("z") }
            let now = try Self.files(folder)
            #expect(now.count == 6 && !now.contains(left[0]) && now.contains("z"), "\(now)")
            #expect(now.contains { $0.hasPrefix(".mine.") })
            withExtendedLifetime(ours) {}
        }
    }

    /// The same for any bytes in the target's name: invalid UTF-8, a combining mark after the dot, and dots.
    @Test(
        arguments: [[0x78, 0xff], [0xcc, 0x81, 0x78], [0x65, 0xcc], [0x2e, 0x2e], [0x0d, 0x0a], [0xf0, 0x9f]]
            as [[UInt8]])
    func leftOversGoByTheirBytes(name: [UInt8]) async throws {
        try await withFolder { folder in
            let report = Report(operation: "test", path: "x")
            let open = try Folder(ByteString(folder), report)
            let temporary = try TemporaryFile(in: open, for: ByteString(name), 0o666, report, named: true)
            let made = try #require(ByteString(folder).folderEntries?.first)
            // An unfinished file of the same name by a dead process, with a process number that no process can have.
            let dead = made.split(at: UInt8(ascii: "-")).first.map { $0 + "-\(Int32.max).abc.part" } ?? ""
            try AtomicFile.write(to: ByteString(folder).appending(path: dead), for: "test") { try $0.write("half") }
            #expect(ByteString(folder).folderEntries?.count == 2)
            TemporaryFile.removeLeftOver(in: open)
            #expect(ByteString(folder).folderEntries == [made])
            withExtendedLifetime(temporary) {}
        }
    }

    /// Both ways to publish a finished file: under a new name, and over an existing file.
    @Test(arguments: [true, false]) func publishing(named: Bool) throws {
        try Fixture.withFolder { folder in
            let report = Report(operation: "test", path: "x")
            for text in ["first", "second"] {
                let temporary = try TemporaryFile(
                    in: try Folder(ByteString(folder), report), for: "x", 0o640, report, named: named)
                try AtomicFile(descriptor: temporary.descriptor, report: report).write(text)
                try temporary.publish(as: "x")
                #expect(try AtomicFileTests.text(folder + "/x") == text)
            }
            #expect(try Self.files(folder) == ["x"])
        }
    }
}
