import Files
import Foundation
import LuaHost
import Scripting
import Tensors

/// The record of a run and its results, for repeating and comparing it: a readable JSON file.
public struct Capsule: Codable, Equatable, Sendable {
    /// The version of the file's layout.
    public static let currentFormat = 3

    /// Reading refuses all but ``currentFormat``.
    public var format = Capsule.currentFormat
    /// What computed the run; other versions may round differently.
    public var versions: Versions
    /// What was run, and with which options.
    public var run: Invocation
    /// The limits and the trust that the run had.
    public var host: HostSettings
    /// The folder that contains script and capsule: files below it are found again after it was moved or copied.
    public var place: Place?
    public var files: [File]
    /// Files that were looked for and did not exist.
    public var absent: [ByteString]
    public var random: Randomness
    public var sources: Sources
    public var result: Result
    /// What people changed while it ran: such a run cannot be repeated from its files.
    public var changes: [String]
    /// What people did without effect on the results, such as going back to an earlier step.
    public var notes: [String]

    /// After reading: where the recorded place is now, if it has moved.
    var move: Move?

    private enum CodingKeys: CodingKey {
        case format, versions, run, host, place, files, absent, random, sources, result, changes, notes
    }

    /// The versions of programs and libraries that computed.
    public struct Versions: Codable, Equatable, Sendable {
        /// luaflow's own version.
        public var luaflow: String
        /// Lua's, with the release: 5.4.6.
        public var lua: String
        /// OpenBLAS's, which computes matrix products.
        public var openblas: String
        /// The processor for which OpenBLAS and our own kernels were chosen, and OpenBLAS's number of threads.
        public var openblasCore: String
        public var openblasThreads: Int
        public var kernels: String

        /// The versions on this machine, for this version of LuaFlow.
        package init(luaflow: String) {
            self.luaflow = luaflow
            lua = Interpreter.luaVersion
            openblas = Machine.openBLAS
            openblasCore = Machine.openBLASCore
            openblasThreads = Machine.openBLASThreads
            kernels = Machine.kernels
        }
    }

    /// How the run was started.
    public struct Invocation: Codable, Equatable, Sendable {
        /// The script as it was named; nil for code given by -e.
        public var script: ByteString?
        /// The code given by -e; nil for a script.
        public var code: ByteString?
        public var arguments: [ByteString]
        /// The script's options as host.arguments read them, as text.
        public var options: [ByteString: ByteString]
        /// The working folder.
        public var folder: ByteString
        /// The words before the script on the command line, its `arg[-1]` and so on; nil for none.
        public var words: [ByteString]?

        /// A call `luaflow run SCRIPT ARGUMENTS`.
        public init(script: ByteString, arguments: [ByteString]) {
            (self.script, code, self.arguments, options, folder) = (script, nil, arguments, [:], "")
        }

        /// A call `luaflow -e CODE`.
        public init(code: ByteString) { (script, self.code, arguments, options, folder) = (nil, code, [], [:], "") }
    }

    /// The options of the command line that affect the run.
    public struct HostSettings: Codable, Equatable, Sendable {
        /// The folders of --plugins.
        public var plugins: [ByteString] = []
        public var noPlugins = false
        /// In bytes, if --memory was given.
        public var memory: Int?
        /// In seconds, if --timeout was given.
        public var timeout: Double?

        public init() {}
    }

    /// What a run took from outside that no capsule can reproduce.
    public struct Sources: Codable, Equatable, Sendable {
        /// Names such as `os.time`, `standard input`, and of devices and pipes.
        public var used: [String] = []
        /// The environment variables read by os.getenv, and whether they were set.
        public var environment: [ByteString: Bool] = [:]
        /// Devices that it wrote to, such as /dev/stdout, bypassing the output that is compared.
        public var streams: [String] = []
        /// Whether it visited a table in an order that may differ in the next run.
        public var openOrder = false
    }

    /// A file that was read, unless the script had written it before.
    public struct File: Codable, Equatable, Sendable {
        /// Absolute, with links not resolved.
        public var path: ByteString
        /// Whether the script wrote it after reading it.
        public var written: Bool
        /// The kind: lua, library or data.
        public var kind: String
        public var sha256: String
    }

    /// The random numbers that the run drew.
    public struct Randomness: Codable, Equatable, Sendable {
        /// Before the script's first line; a replay starts from it.
        public var start: GeneratorState
        /// After its last line; a replay must come to the same.
        public var end: GeneratorState
        /// The seed of Lua's math.random.
        public var lua: [Int]
        /// The number that it would draw next at the end of the run.
        public var luaEnd: Int?
    }

    /// The state of the global generator, as text, since many programs read JSON numbers with 53 bits.
    public struct GeneratorState: Codable, Equatable, Sendable {
        /// 64 bits, in decimal digits.
        public var seed: String
        /// 64 bits, in decimal digits; streams of one seed are independent.
        public var stream: String
        /// The number of 32-bit words drawn, in decimal digits.
        public var drawn: String

        init(_ state: Generator.State) {
            (seed, stream, drawn) = (String(state.seed), String(state.stream), String(state.drawn))
        }

        var state: Generator.State? {
            guard let seed = UInt64(seed), let stream = UInt64(stream), let drawn = UInt64(drawn) else { return nil }
            return Generator.State(seed: seed, stream: stream, drawn: drawn)
        }
    }

    /// How the run ended, and what it returned.
    public struct Result: Codable, Equatable, Sendable {
        /// Whether the script returned, raised an error or was stopped.
        public enum Outcome: String, Codable, Sendable { case returned, failed, interrupted }
        /// A replay must end in the same way.
        public var outcome: Outcome
        /// The exit status that `luaflow run` had.
        public var status: Int
        /// The error's message.
        public var error: String?
        /// A digest of the raised value, if it was no text.
        public var errorSHA256: String?
        /// What the script wrote to standard output by print and io.write: its digest; its first lines; digests of all
        /// lines.
        public var outputSHA256: String
        public var outputBytes: Int
        public var output: String?
        public var outputLines: OutputLines
        /// Digests of the values that the script returned: tensors by type, shape and bytes.
        public var valuesSHA256: [String]
        /// What of these values is in no digest, a phrase each: `a function in returned value 1`.
        public var notCompared: [String] = []
    }
}

extension Capsule {
    /// Writes the file, whole or not at all.
    public func write(to path: some ByteStringConvertible) throws {
        let path = path.byteString
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = [UInt8](try encoder.encode(placed(for: path))) + [UInt8(ascii: "\n")]
        try AtomicFile.write(to: path, for: "--capsule") { try $0.write(text) }
    }

    private struct Format: Decodable { let format: Int }

    /// Larger files are no capsules.
    private static let largest = 64 << 20

    /// - Throws: ``ScriptError`` that says what is wrong with the file.
    public init(readingFrom path: some ByteStringConvertible, for operation: String = "luaflow replay") throws {
        let path = path.byteString
        func wrong(_ what: String) -> ScriptError { ScriptError(operation, "\(path): \(what)") }
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        let file = descriptor < 0 ? nil : FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard let file, FileStamp(path)?.isRegular == true else {
            throw wrong("there is no such file that can be read")
        }
        guard let data = try? file.read(upToCount: Capsule.largest + 1) else { throw wrong("the file is empty") }
        guard data.count <= Capsule.largest else { throw wrong("too large for a capsule") }
        do {
            let format = try JSONDecoder().decode(Format.self, from: data).format
            guard format == Capsule.currentFormat else {
                throw wrong("a capsule of format \(format); this LuaFlow reads format \(Capsule.currentFormat)")
            }
            self = try JSONDecoder().decode(Capsule.self, from: data)
        } catch let error as DecodingError {
            throw wrong("not a capsule: \(Capsule.describe(error))")
        }
        guard (run.script == nil) != (run.code == nil) else {
            throw wrong("not a capsule: a script or a code expected")
        }
        guard random.start.state != nil, random.end.state != nil, random.lua.count == 2 else {
            throw wrong("not a capsule: the generator's state is not whole numbers")
        }
        find(from: path)
    }

    /// - Throws: unless a capsule may be written there: only capsules are overwritten.
    public static func check(canWriteTo path: some ByteStringConvertible) throws {
        let path = path.byteString
        func wrong(_ what: String) -> ScriptError { ScriptError("--capsule", "\(path): \(what)") }
        let folder = LoadedFiles.absolute(path).splitPath.folder
        guard folder.withCString({ access($0, W_OK) }) == 0 else {
            throw wrong("no file can be written in \(folder)")
        }
        guard path.fileExists else { return }
        if path.isFolder { throw wrong("is a folder; the name of a file expected") }
        do {
            _ = try Capsule(readingFrom: path, for: "--capsule")
        } catch {
            throw wrong("is there and is no capsule, and would be lost; another name expected")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0 + 1)]" } ?? $0.stringValue }
            return path.isEmpty ? "" : path.joined(separator: ".") + ": "
        }
        return switch error {
        case .keyNotFound(let key, let context): place(context) + "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): place(context) + "a value of the wrong type"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: "not JSON"
        case .dataCorrupted(let context): place(context) + "a value that is not allowed"
        @unknown default: "not readable"
        }
    }
}

extension Capsule.Versions {
    /// Differences that may change the last bits of results: `OpenBLAS's processor is Haswell where it was Zen`.
    public func differences(from other: Self) -> [String] {
        [
            ("LuaFlow", luaflow, other.luaflow), ("Lua", lua, other.lua), ("OpenBLAS", openblas, other.openblas),
            ("OpenBLAS's processor", openblasCore, other.openblasCore),
            ("the number of OpenBLAS's threads", String(openblasThreads), String(other.openblasThreads)),
            ("the kernels' processor", kernels, other.kernels),
        ].filter { $0.1 != $0.2 }.map { "\($0.0) is \($0.1) where it was \($0.2)" }
    }
}
