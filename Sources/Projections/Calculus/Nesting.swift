import Scripting

/// The depth of a set made of `sets`. Limited, because each level is a level of recursion and a script can nest sets in
/// a loop.
func nestedDepth(of sets: [any ProjectableSet], for operation: String) throws -> Int {
    let depth = 1 + (sets.map(\.depth).max() ?? 0)
    guard depth <= 64 else { throw ScriptError(operation, "sets nested deeper than 64") }
    return depth
}

/// The constructor call of a set of sets as text, cut short: nesting can double its length at every level.
func describe(_ name: String, _ parts: [String], _ open: String = "{", _ close: String = "}") -> String {
    var shown: [String] = []
    var length = 0
    for part in parts {
        length += part.count
        guard length <= 200 else {
            shown.append("...")
            break
        }
        shown.append(part)
    }
    return "projection.\(name)\(open)\(shown.joined(separator: ", "))\(close)"
}
