import Foundation
import LuaHost
import Scripting
import Synchronization
import Tensors

/// Records a host's run for a capsule. Made before the run and read after it.
public final class RunRecorder {
    private let interpreter: Interpreter
    private let versions: Capsule.Versions
    private let start: Capsule.Randomness
    /// Lua's own function, whatever the script replaces it by.
    private let luaRandom: (any ScriptFunction)?
    private let output = Mutex(Output())

    /// What was written to standard output.
    private struct Output {
        var hash = SHA256()
        var bytes = 0
        /// The beginning of the output.
        var text: [UInt8] = []
        var lines = OutputLines()

        /// The beginning as text, up to a line end if there is more; nil if it is no text.
        var kept: String? {
            let end = text.count == bytes ? text.count : (text.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
            return String(validating: text[..<end], as: UTF8.self)
        }
    }

    /// How many bytes of output are kept as text, so that a comparison can show the line.
    private static let keptOutput = 64 << 10

    /// - Parameter repeating: a capsule whose random numbers are to be repeated; nil for new ones.
    package init(
        _ interpreter: Interpreter, versions: Capsule.Versions, repeating: Capsule.Randomness? = nil
    ) throws {
        (self.interpreter, self.versions) = (interpreter, versions)
        let lua = repeating?.lua ?? [Int.random(in: .min ... .max), Int.random(in: .min ... .max)]
        (start, luaRandom) = try interpreter.perform {
            let generator = interpreter.context.service(GlobalGenerator.self).generator
            if let state = repeating?.start.state { generator.restore(state) }
            let files = interpreter.context.service(LoadedFiles.self)
            // Plugins were loaded before; the run depends on them, too.
            files.keepDigests { SHA256.ofFile($0)?.hex }
            try interpreter.orderPairs()
            try RunSources.watch(in: interpreter)
            try interpreter.run(
                code: "math.randomseed(...)", name: "=luaflow", arguments: lua.map { .integer($0) })
            let state = Capsule.GeneratorState(generator.state)
            let random = try interpreter.run(code: "return math.random", name: "=luaflow").first
            let start = Capsule.Randomness(start: state, end: state, lua: lua)
            if case .function(let function)? = random { return (start, function) }
            return (start, nil)
        }
        try interpreter.recordOutput { [output = Weak(self)] bytes in output.recorder?.take(bytes) }
    }

    /// A weak reference to the recorder for the interpreter, which may outlive it.
    private final class Weak: @unchecked Sendable {
        weak var recorder: RunRecorder?
        init(_ recorder: RunRecorder) { self.recorder = recorder }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        output.withLock { output in
            output.hash.update(bytes)
            output.bytes += bytes.count
            output.lines.add(bytes)
            output.text.append(contentsOf: bytes.prefix(max(RunRecorder.keptOutput - output.text.count, 0)))
        }
    }

    /// The capsule of the run that has ended. Called before the host is closed; an interrupt ends it.
    public func capsule(
        of run: Capsule.Invocation, _ result: Result<[Value], any Error>, settings: Capsule.HostSettings = .init()
    ) throws -> Capsule {
        // For a raised object, the text of its __tostring, as people see it.
        let result = result.mapError { error in (error as? LuaError).map { interpreter.shown($0) } ?? error }
        return try interpreter.evaluation {
            let context = interpreter.context
            var random = start
            random.end = Capsule.GeneratorState(context.service(GlobalGenerator.self).generator.state)
            if case .integer(let next)? = try? luaRandom?.call([.integer(0)]).first { random.luaEnd = next }
            let all = context.service(LoadedFiles.self).all
            let files = all.compactMap { file in
                file.fingerprint.map {
                    Capsule.File(path: file.path, written: file.isWritten, kind: file.kind.rawValue, sha256: $0)
                }
            }
            let absent = all.filter { $0.stamp == nil && !$0.isWritten && $0.kind != .written }.map(\.path)
            var sources = context.service(RunSources.self).sources
            let endless = all.filter { $0.stamp?.isRegular == false && $0.kind == .data && $0.path != "/dev/null" }
            sources.streams = all.filter { $0.isWritten && $0.path.hasPrefix("/dev/") && $0.path != "/dev/null" }.map(
                \.path.text)
            sources.used = (sources.used + endless.map(\.path.text)).sorted()
            sources.openOrder = interpreter.wentInOpenOrder
            var run = run
            run.options = context.service(ReadOptions.self).options
            run.folder = ByteString.workingFolder ?? ""
            let changes = context.service(LiveChanges.self)
            return Capsule(
                versions: versions, run: run, host: settings, files: files.sorted { $0.path < $1.path },
                absent: absent.sorted(), random: random, sources: sources, result: try described(result),
                changes: changes.all, notes: changes.notes)
        }
    }

    /// A raised value that is no text is compared as returned values are.
    private func describe(raised error: LuaError, _ described: inout Capsule.Result) throws {
        guard error.kind == .runtime else { return }
        let value = try interpreter.raisedValue(error)
        if case .string = value { return }
        var digest = ValueDigest()
        try digest.add(value)
        described.errorSHA256 = digest.hex
        described.notCompared += digest.passedOver.map { "\($0) in the error's value" }
    }

    private func described(_ result: Result<[Value], any Error>) throws -> Capsule.Result {
        var described = output.withLock { output in
            Capsule.Result(
                outcome: .returned, status: 0, error: nil, outputSHA256: output.hash.hex, outputBytes: output.bytes,
                output: output.kept, outputLines: output.lines, valuesSHA256: [])
        }
        if interpreter.context.service(ShownPictures.self).any {
            described.notCompared.append("pictures that it showed")
        }
        switch result {
        case .success(let values):
            for (index, value) in values.enumerated() {
                var digest = ValueDigest()
                try digest.add(value)
                described.valuesSHA256.append(digest.hex)
                described.notCompared += digest.passedOver.map { "\($0) in returned value \(index + 1)" }
            }
        case .failure(let error as LuaError):
            switch error.kind {
            case .exit(let code):
                (described.outcome, described.status) = (code == 0 ? .returned : .failed, code)
            case .interrupted: (described.outcome, described.status) = (.interrupted, 130)
            default:
                (described.outcome, described.status, described.error) = (.failed, 1, error.message)
                try describe(raised: error, &described)
            }
        case .failure(let error):
            (described.outcome, described.status, described.error) = (.failed, 1, String(describing: error))
        }
        return described
    }
}

/// The script's options, as `host.arguments` read them.
package final class ReadOptions: Service {
    private(set) var options: [ByteString: ByteString] = [:]

    package init() {}

    package func note(_ named: [(key: ByteString, value: Value)]) {
        for (key, value) in named {
            if case .none = value { continue }
            if case .string(let text) = value { options[key] = text } else { options[key] = ByteString(value.shown) }
        }
    }
}
