import Foundation
import Tensors
import Testing

@testable import Files

/// `kill -9` in the middle of a save leaves either the old or the new file, complete.
@Suite(.serialized) struct KilledSaveTests {
    /// The path that parent and child both use: a folder named after the parent's process number.
    static func path(of process: pid_t) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("storage-killed-\(process)/x.safetensors").path
    }

    static let size = 200_000

    static func save(_ value: Double, to path: String) throws {
        try Checkpoint.save(path, StateDict([("x", try Tensor.full([size], value))]))
    }

    /// Killed between two writes, at a fixed place.
    @Test func killedBetweenTwoWrites() async throws {
        try await withTarget { path in
            try Self.save(1, to: path)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                let path = KilledSaveTests.path(of: getppid())
                try AtomicFile.write(to: path, for: "test") { file in
                    try file.write("half of a new file")
                    kill(getpid(), SIGKILL)
                }
            }
            try expect(try Checkpoint.load(path)["x"], [Self.size], .float32, [Double](repeating: 1, count: Self.size))
            // On Linux the half-written file had no name; where it has one, the next save removes it.
            try Self.save(2, to: path)
            let left = try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
            #expect(left == ["x.safetensors"])
        }
    }

    /// Killed from outside, 1 to 60 ms after the start of a process that saves all the time.
    @Test func killedAtAnyMoment() async throws {
        try await withTarget { path in
            try Self.save(0, to: path)
            var seen = Set<Double>()
            for moment in 0..<10 {
                await #expect(processExitsWith: .signal(SIGKILL)) { [moment = moment as Int] in
                    let path = KilledSaveTests.path(of: getppid())
                    try KilledSaveTests.save(1, to: path)
                    Thread.detachNewThread {
                        usleep(useconds_t(1_000 + moment * 6_500))
                        kill(getpid(), SIGKILL)
                    }
                    for value in 1... { try KilledSaveTests.save(Double(value), to: path) }
                }
                let values = Set(try #require(try Checkpoint.load(path)["x"]).toArray())
                #expect(values.count == 1, "a mixture of two saves")
                seen.formUnion(values)
            }
            #expect(seen.count > 1, "no child got as far as saving once")
        }
    }

    private func withTarget(_ body: (String) async throws -> Void) async throws {
        let path = Self.path(of: getpid())
        let folder = (path as NSString).deletingLastPathComponent
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(path)
    }
}
