import CLuaTrampolines
import Scripting

extension Interpreter {
    /// From now on output of scripts by `print`, `io.write`, `io.stdout` and `io.stderr` goes to
    /// ``Scripting/RunStreams/current``, and `io` reads from it, in runs that have such streams; in others the
    /// process's streams are used. Cannot be combined with ``recordOutput(_:)``.
    /// - Throws: ``LuaError`` in the sandbox, whose library has streams of its own.
    public func takeStreams() throws(LuaError) {
        guard !isSandboxed else { throw LuaError(.runtime, "a sandboxed script's streams cannot be taken") }
        _ = try core.inRun { [self] in
            var failure = lf_failure()
            guard lf_take_streams(core.state, writeStream, readStream, &failure) else { throw core.error(&failure) }
            return [Value]()
        }
    }

    /// Writes out what scripts left in a buffer of these streams set by `io.stdout:setvbuf("full")`. Called inside a
    /// run, at its end, as it is that run's output.
    package func flushStreams() { lf_flush_streams(core.state) }
}

private func writeStream(_ number: Int32, _ bytes: UnsafePointer<CChar>?, _ count: Int) {
    guard let bytes, let stream = StandardStream(rawValue: number) else { return }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
    if let streams = RunStreams.current {
        streams.take(.text(stream, Array(buffer)))
    } else {
        StandardStream.flush()
        StandardStream.write(buffer, to: number)
    }
}

/// - Returns: the number of bytes read; negative when the wait was interrupted.
private func readStream(_ bytes: UnsafeMutablePointer<CChar>?, _ most: Int) -> Int64 {
    guard let bytes else { return 0 }
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: most)
    guard let streams = RunStreams.current else { return Int64(StandardStream.read(into: buffer)) }
    let next = streams.read(most)
    if next.isEmpty, Cancellation.current?.isRequested() == true { return -1 }
    buffer.copyBytes(from: next)
    return Int64(next.count)
}
