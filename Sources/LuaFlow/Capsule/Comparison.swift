import Foundation

extension Capsule {
    /// Why the same numbers cannot be expected: files that changed, changes by hand, an interrupt.
    public var obstacles: [String] {
        var found: [String] = []
        for file in files {
            guard let now = SHA256.ofFile(file.path) else {
                found.append("\(file.path) is missing")
                continue
            }
            if now.hex != file.sha256 { found.append("\(file.path) has changed") }
        }
        found += changes.map { "recorded: \($0)" }
        if result.outcome == .interrupted { found.append("recorded: the run was interrupted") }
        return found
    }

    /// What differs from the recorded run, a sentence each; none when every number is the same bit for bit.
    public func differences(from recorded: Capsule) -> [String] {
        var found: [String] = []
        if result.status != recorded.result.status {
            found.append("it ended with status \(result.status), not \(recorded.result.status)")
        }
        if result.error != recorded.result.error {
            found.append("the error is \(result.error ?? "none"), not \(recorded.result.error ?? "none")")
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
        return found
    }

    /// The first line that differs, when both texts were kept.
    private func outputDifference(from recorded: Capsule) -> String {
        guard let now = result.output, let then = recorded.result.output else { return "standard output differs" }
        let lines = now.split(separator: "\n", omittingEmptySubsequences: false)
        let old = then.split(separator: "\n", omittingEmptySubsequences: false)
        let place = zip(lines, old).prefix { $0 == $1 }.count
        func shown(_ lines: [Substring]) -> String {
            lines.indices.contains(place) ? "\"\(lines[place].prefix(60))\"" : "no such line"
        }
        return "standard output differs from line \(place + 1) on: \(shown(lines)), not \(shown(old))"
    }
}
