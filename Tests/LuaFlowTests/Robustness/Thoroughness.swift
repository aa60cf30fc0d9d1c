import Foundation

/// How much the long suites do: a part in `make test`, everything when LUAFLOW_EXHAUSTIVE=1 is set.
enum Thoroughness {
    static let isExhaustive = ProcessInfo.processInfo.environment["LUAFLOW_EXHAUSTIVE"] == "1"

    static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }
}
