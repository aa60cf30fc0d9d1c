import Foundation
import LuaHost
import Scripting
import Testing

/// While one interpreter waits for input, output of others must not wait.
@Suite struct StreamTests {
    @Test(.timeLimit(.minutes(30))) func aWaitingReaderHoldsNobodyUp() async throws {
        let pipe = FileManager.default.temporaryDirectory.appendingPathComponent("luaflow-pipe-\(UUID().uuidString)")
            .path
        #expect(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        // Opened for reading and writing, so that opening the pipe does not wait for the other end.
        let writer = open(pipe, O_RDWR)
        defer { close(writer) }
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let reader = try Interpreter()
        try reader.setGlobal(
            "started",
            .closure(
                NativeFunction("started", Documentation("started()", "")) { _ -> [Value] in
                    signal.finish()
                    return []
                }, bound: []))
        let task = Task {
            try await reader.perform {
                try reader.run(code: "local f = io.open('\(pipe)') started() return f:read(1)").first?.asText
            }
        }
        for await _ in started {}
        for _ in 1...50 {
            StandardStream.error.write("")
            try await Task.sleep(for: .milliseconds(1))
        }
        _ = "x".utf8.withContiguousStorageIfAvailable { write(writer, $0.baseAddress, 1) }
        #expect(try await task.value == "x")
    }
}
