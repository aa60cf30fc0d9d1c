import Files
import Foundation
import Scripting
import Tensors

/// The file from which a run of chains can be continued.
struct RunCheckpoint {
    let path: ByteString
    let operation: String
    /// The least number of seconds between two writes.
    private static let interval = 2.0
    private var written = ContinuousClock.now
    private var cost = Duration.zero

    init(_ path: ByteString, for operation: String) { (self.path, self.operation) = (path, operation) }

    /// What has to be equal for a run to be continued from the file. The number of steps may differ.
    private func identity(_ run: SampleRun) -> [(key: String, value: String)] {
        [
            ("kernel", run.kernel.description), ("chains", String(run.target.chains)),
            ("shape", Shape.describe(run.target.shape)), ("dtype", run.target.dtype.rawValue),
            ("support", run.target.support.description), ("warmup", String(run.warmup)),
            ("thin", String(run.recorder.thin)),
        ]
    }

    /// The key of the run's random streams in the file; nil when there is no file.
    func savedKey() throws -> UInt64? {
        try FileAccess.check(.write, path, for: operation)
        guard path.withCString({ access($0, F_OK) }) == 0 else { return nil }
        let file = try Checkpoint.load(path, for: operation)
        guard let text = file.metadata[ByteString("key")], let key = UInt64(text) else {
            throw ScriptError(
                operation, "checkpoint: \(path) is not a file that mcmc.sample wrote; another name expected")
        }
        return key
    }

    /// Puts the run into the state that the file holds.
    func restore(_ run: SampleRun) throws {
        let file = try Checkpoint.load(path, for: operation)
        for (key, value) in identity(run) {
            let saved = file.metadata[ByteString(key)] ?? "missing"
            guard saved == value else {
                throw ScriptError(
                    operation,
                    "checkpoint: \(path) is of another run: its \(key) is \(saved), here \(value); remove it to start "
                        + "anew"
                )
            }
        }
        try run.restore { name in
            guard let tensor = file[name] else {
                throw ScriptError(operation, "checkpoint: \(path): \(name) is missing; remove the file to start anew")
            }
            return tensor
        }
    }

    /// Writes the run, whole or not at all. Before the last step it waits until writing takes at most a twentieth of
    /// the time.
    mutating func save(_ run: SampleRun, isLast: Bool) throws {
        let now = ContinuousClock.now
        guard isLast || now - written >= max(.seconds(RunCheckpoint.interval), cost * 20) else { return }
        var metadata: [ByteString: String] = [ByteString("key"): String(run.key)]
        for (key, value) in identity(run) { metadata[ByteString(key)] = value }
        try Checkpoint.saveState(path, StateDict(run.tensors(), metadata: metadata), for: operation)
        written = ContinuousClock.now
        cost = written - now
    }
}
