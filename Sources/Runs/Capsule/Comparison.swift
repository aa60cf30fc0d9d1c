import Foundation
import Scripting

extension Capsule {
    /// Why equal results cannot be expected: changed files, changes by hand, an interrupt.
    public var obstacles: [String] {
        var found: [String] = []
        for file in files {
            guard let now = SHA256.ofFile(file.path) else {
                let isThere = file.path.fileExists
                found.append("\(file.path) \(isThere ? "cannot be read" : "is missing")")
                continue
            }
            if now.hex == file.sha256 { continue }
            found.append(
                "\(file.path) has changed"
                    + (file.written ? ": the script itself writes it; put back what it found there" : ""))
        }
        for path in absent where path.fileExists {
            found.append("\(path) was sought, and is there now")
        }
        found += changes.map { "recorded: \($0)" }
        if result.outcome == .interrupted { found.append("recorded: the run was interrupted") }
        return found
    }

    /// The differences from the recorded run, a sentence each; none if every number is equal bit for bit.
    public func differences(from recorded: Capsule) -> [String] {
        var found: [String] = []
        if result.status != recorded.result.status {
            found.append("it ended with status \(result.status), not \(recorded.result.status)")
        }
        if message(result.error, recorded) != message(recorded.result.error, recorded) {
            found.append("the error is \(result.error ?? "none"), not \(recorded.result.error ?? "none")")
        }
        if let now = result.errorSHA256, let then = recorded.result.errorSHA256, now != then {
            found.append("the error's value differs")
        }
        if result.outputSHA256 != recorded.result.outputSHA256 { found.append(outputDifference(from: recorded)) }
        let (now, then) = (result.valuesSHA256, recorded.result.valuesSHA256)
        if now.count != then.count {
            found.append("\(now.count) values were returned, not \(then.count)")
        } else {
            for (index, pair) in zip(now, then).enumerated() where pair.0 != pair.1 {
                found.append("returned value \(index + 1) differs")
            }
        }
        if random.end != recorded.random.end { found.append("the random generator ended at another place") }
        if let now = random.luaEnd, let then = recorded.random.luaEnd, now != then {
            found.append("Lua's math.random ended at another place")
        }
        return found
    }

    /// Possible causes of differences from the recorded run, a sentence each.
    public func reasons(for recorded: Capsule) -> [String] {
        var found: [String] = []
        let known = Set(recorded.files.map(\.path))
        for file in files where !known.contains(file.path) { found.append("it read \(file.path), and did not then") }
        for (name, wasSet) in recorded.sources.environment.sorted(by: { $0.key < $1.key }) {
            let isSet = Sources.isSet(name)
            found.append(
                "it reads the environment variable \(name), "
                    + (isSet == wasSet
                        ? "whose value no capsule keeps"
                        : "which is \(isSet ? "set now, and was not" : "not set now, and was")"))
        }
        if hasAddresses || recorded.hasAddresses {
            found.append("it prints addresses (table: 0x...), which are others in every run")
        }
        let used = Set(recorded.sources.used).union(sources.used).sorted()
        if !used.isEmpty { found.append("it reads \(used.joined(separator: ", ")), which no capsule brings back") }
        if sources.openOrder || recorded.sources.openOrder {
            found.append(
                "it goes through a table with next, or by keys that are objects: Lua's order is another in every run")
        }
        return found + recorded.notes.map { "recorded: \($0)" }
    }

    /// What was not compared, a phrase each.
    public var notCompared: [String] {
        var found = ["files that it wrote", "standard error"]
        if sources.used.contains("other programs") { found.append("what other programs printed") }
        found += sources.streams.map { "what it wrote to \($0)" }
        return found + result.notCompared
    }

    /// Lua's default names of tables, functions and the like contain their addresses.
    private var hasAddresses: Bool {
        (result.output ?? "").contains(/: 0x[0-9a-f]{6,}/) || (result.error ?? "").contains(/: 0x[0-9a-f]{6,}/)
    }

    /// The part of an error that is compared: for a script that was moved, without the folder, of which Lua only shows
    /// the end.
    private func message(_ error: String?, _ recorded: Capsule) -> String? {
        guard recorded.move != nil, let error, let script = recorded.run.script else { return error }
        let name = script.splitPath.name.text + ":"
        return error.range(of: name).map { String(error[$0.lowerBound...]) } ?? error
    }

    /// The first line that differs, or the lines in which it is.
    private func outputDifference(from recorded: Capsule) -> String {
        if let now = result.output, let then = recorded.result.output {
            let lines = now.split(separator: "\n", omittingEmptySubsequences: false)
            let old = then.split(separator: "\n", omittingEmptySubsequences: false)
            let place = zip(lines, old).prefix { $0 == $1 }.count
            func shown(_ lines: [Substring]) -> String {
                lines.indices.contains(place) ? "\"\(lines[place].prefix(60))\"" : "no such line"
            }
            if place < max(lines.count, old.count) {
                return "standard output differs from line \(place + 1) on: \(shown(lines)), not \(shown(old))"
            }
        }
        let (first, last) = result.outputLines.difference(from: recorded.result.outputLines)
        if let last, last > first { return "standard output differs from somewhere in lines \(first) to \(last) on" }
        return "standard output differs from line \(first)\(last == nil ? " or later" : "") on"
    }
}

extension Capsule.Sources {
    /// Whether an environment variable is set, which is all that is kept of it: its value may be a secret, and a short
    /// one could be guessed from a digest.
    static func isSet(_ name: ByteString) -> Bool { name.withCString { getenv($0) } != nil }
}
