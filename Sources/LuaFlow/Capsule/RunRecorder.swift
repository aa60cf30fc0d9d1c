import Foundation
import Scripting
import Synchronization
import Tensors

/// Records a host's run for a capsule: made before the run, asked after it.
public final class RunRecorder {
    private let host: Host
    private let start: Capsule.Randomness
    private let output = Mutex(Output())

    /// What was written to standard output.
    private struct Output {
        var hash = SHA256()
        var bytes = 0
        /// The beginning, while it is short enough to be kept.
        var text: [UInt8] = []
    }

    /// Output up to this many bytes is kept as text, so that a comparison can name the line.
    private static let keptOutput = 64 << 10

    /// - Parameter repeating: a capsule whose random numbers shall come again; nil for whatever comes.
    public init(_ host: Host, repeating: Capsule.Randomness? = nil) throws {
        self.host = host
        let lua = repeating?.lua ?? [Int.random(in: .min ... .max), Int.random(in: .min ... .max)]
        start = try host.interpreter.perform {
            let generator = host.context.service(GlobalGenerator.self).generator
            if let state = repeating?.start.state { generator.restore(state) }
            let files = host.context.service(LoadedFiles.self)
            files.fingerprint = { SHA256.ofFile($0)?.hex }
            // Plugins were loaded before: the run's numbers depend on them, too.
            for file in files.all where file.kind == .lua || file.kind == .library { files.note(file.path, file.kind) }
            try host.interpreter.run(
                code: "math.randomseed(...)", name: "=luaflow", arguments: lua.map { .integer($0) })
            let state = Capsule.GeneratorState(generator.state)
            return Capsule.Randomness(start: state, end: state, lua: lua)
        }
        try host.interpreter.recordOutput { [output = Weak(self)] bytes in output.recorder?.take(bytes) }
    }

    /// The interpreter's way back to the recorder, which may go first.
    private final class Weak: @unchecked Sendable {
        weak var recorder: RunRecorder?
        init(_ recorder: RunRecorder) { self.recorder = recorder }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        output.withLock { output in
            output.hash.update(bytes)
            output.bytes += bytes.count
            if output.bytes <= RunRecorder.keptOutput { output.text.append(contentsOf: bytes) }
        }
    }

    /// The capsule of the run that has ended. Before the host is closed.
    public func capsule(of run: Capsule.Invocation, _ result: Result<[Value], any Error>) throws -> Capsule {
        try host.interpreter.perform {
            let context = host.context
            var random = start
            random.end = Capsule.GeneratorState(context.service(GlobalGenerator.self).generator.state)
            let files = context.service(LoadedFiles.self).all.compactMap { file in
                file.fingerprint.map { Capsule.File(path: file.path, kind: file.kind.rawValue, sha256: $0) }
            }
            var run = run
            run.options = context.service(ReadOptions.self).options
            run.folder = FileManager.default.currentDirectoryPath
            return Capsule(
                versions: .current, run: run, files: files.sorted { $0.path < $1.path }, random: random,
                result: try described(result),
                changes: context.service(LiveChanges.self).all)
        }
    }

    private func described(_ result: Result<[Value], any Error>) throws -> Capsule.Result {
        let (hash, bytes, text) = output.withLock { ($0.hash.hex, $0.bytes, $0.text) }
        var described = Capsule.Result(
            outcome: .returned, status: 0, error: nil, outputSHA256: hash, outputBytes: bytes,
            output: bytes <= RunRecorder.keptOutput ? String(validating: text, as: UTF8.self) : nil, valuesSHA256: [])
        switch result {
        case .success(let values):
            described.valuesSHA256 = try values.map { value in
                var digest = ValueDigest()
                try digest.add(value)
                return digest.hex
            }
        case .failure(let error as LuaError):
            switch error.kind {
            case .exit(let code):
                (described.outcome, described.status) = (code == 0 ? .returned : .failed, code)
            case .interrupted: (described.outcome, described.status) = (.interrupted, 130)
            default: (described.outcome, described.status, described.error) = (.failed, 1, error.message)
            }
        case .failure(let error):
            (described.outcome, described.status, described.error) = (.failed, 1, String(describing: error))
        }
        return described
    }
}

/// What the script made of its arguments, as `host.arguments` read them.
final class ReadOptions: Service {
    private(set) var options: [String: String] = [:]

    init() {}

    func note(_ named: [(key: String, value: Value)]) {
        for (key, value) in named {
            if case .none = value { continue }
            if case .string(let text) = value { options[key] = text } else { options[key] = value.shown }
        }
    }
}

/// A digest of values as scripts return them, by their bits.
struct ValueDigest {
    private var hash = SHA256()
    private var depth = 0

    var hex: String { hash.hex }

    mutating func add(_ value: Value) throws {
        switch value {
        case .none: hash.update("nil;")
        case .boolean(let flag): hash.update("\(flag);")
        case .integer(let integer): hash.update("integer \(integer);")
        case .number(let number): hash.update("number \(number.bitPattern);")
        case .string(let text): hash.update("string \(text.utf8.count) \(text);")
        case .object(let object as Variable):
            hash.update("tensor \(object.dtype.rawValue) \(object.shape);")
            hash.update(try object.value.bits)
        case .table(let table): try add(table)
        case .list(let values):
            hash.update("table;")
            for (index, value) in values.enumerated() { try add(.integer(index + 1), value) }
        case .record(let fields):
            hash.update("table;")
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) { try add(.string(key), value) }
        default: hash.update("\(value.typeName);")
        }
    }

    private mutating func add(_ key: Value, _ value: Value) throws {
        try add(key)
        try add(value)
    }

    /// By keys in their order: Lua's own changes from run to run. What lies deep (or in a circle) counts by its type.
    private mutating func add(_ table: any ScriptTable) throws {
        guard depth < 32 else { return hash.update("table ...;") }
        depth += 1
        defer { depth -= 1 }
        hash.update("table;")
        let entries = try table.entries().map { (order: ValueDigest.order($0.key), entry: $0) }
        for (_, entry) in entries.sorted(by: { $0.order < $1.order }) { try add(entry.key, entry.value) }
        hash.update("end;")
    }

    private static func order(_ key: Value) -> String {
        switch key {
        case .integer(let integer):
            // Offset, so that the text's order is the numbers'.
            let text = String(UInt64(bitPattern: Int64(integer)) ^ 1 << 63)
            return "1" + String(repeating: "0", count: 20 - text.count) + text
        case .string(let text): return "2" + text
        default: return "3" + key.shown
        }
    }
}
