import ArgumentParser
import Foundation
import LuaFlow

/// Limits on what a script may use and access.
struct LimitOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Let the script hold at most this much, Lua's values and tensors together: 512M, 2G, or bytes. (default: \
            nine tenths of the free memory; 1G in the sandbox)
            """, valueName: "size"))
    var memory: MemorySize?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Stop the script after this time: 10, 0.5, 2m. (default: never; 60 s in the sandbox)",
            valueName: "seconds"))
    var timeout: TimeSpan?

    @Flag(
        help: """
            Run somebody else's script: it gets no files, programs or network, and a process of its own that can be \
            killed.
            """)
    var sandbox = false

    @Option(
        help: ArgumentHelp(
            """
            Let a sandboxed script read the files in this folder, besides the shipped models and the Lua files beside \
            it. May be repeated.
            """, valueName: "dir"), completion: .directory)
    var allowRead: [ByteString] = []

    @Option(
        help: ArgumentHelp(
            "Let a sandboxed script write files in this folder, and read them. May be repeated.", valueName: "dir"),
        completion: .directory)
    var allowWrite: [ByteString] = []

    /// Throws when a limit is too low, and when options contradict each other, so that nobody mistakes a script for
    /// sandboxed when it is not.
    func check() throws {
        if let memory, memory.bytes < Interpreter.Options.leastMemory {
            throw ValidationError(
                "--memory \(memory.text): at least \(Interpreter.Options.leastMemory >> 20)M expected: the host "
                    + "itself needs as much to start"
            )
        }
        for (option, folders) in [("--allow-read", allowRead), ("--allow-write", allowWrite)] {
            for folder in folders {
                guard sandbox else {
                    throw ValidationError("\(option) opens folders to sandboxed scripts: add --sandbox")
                }
                guard folder.isFolder else {
                    throw ValidationError("\(option) \(folder.isEmpty ? "''" : folder.text): there is no such folder")
                }
            }
        }
    }
}

/// A number of bytes as typed: `512M`, `2G`, `1000000`.
struct MemorySize: ExpressibleByArgument {
    let bytes: Int
    /// As it was typed.
    let text: String

    init(bytes: Int) {
        self.bytes = bytes
        text = String(bytes)
    }

    init?(argument: String) {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        var digits = argument[...]
        // `512MB` is the same as `512M`.
        if digits.last?.uppercased() == "B", digits.dropLast().last?.isLetter ?? false { digits = digits.dropLast() }
        var unit = 1
        if let letter = digits.last?.uppercased().first, let known = units[letter] {
            unit = known
            digits = digits.dropLast()
        }
        guard digits.allSatisfy({ "0123456789.eE+".contains($0) }), let number = Double(digits), number > 0,
            let bytes = Int(exactly: (number * Double(unit)).rounded())
        else { return nil }
        self.bytes = bytes
        text = argument
    }
}

/// A duration as typed: seconds, or `500ms`, `2m`, `1h`.
struct TimeSpan: ExpressibleByArgument {
    let duration: Duration

    init(seconds: Double) { duration = .seconds(seconds) }

    init?(argument: String) {
        let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)]
        let unit = units.first { argument.hasSuffix($0.0) }
        guard let number = Double(argument.dropLast(unit?.0.count ?? 0)) else { return nil }
        let seconds = number * (unit?.1 ?? 1)
        guard seconds > 0 else { return nil }
        // At most a year, which fits every clock.
        self.init(seconds: min(seconds, 366 * 86400))
    }
}
