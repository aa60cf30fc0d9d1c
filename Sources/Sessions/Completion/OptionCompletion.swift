import Editors
import LuaFlow

/// Completes names of options in the braces of a call: `optim.SGD(params, {l`.
///
/// The function's declaration lists them.
enum OptionCompletion {
    static func complete(_ context: CompletionContext) throws -> Completion? {
        let (typed, before) = context.word
        guard let opener = before.last, opener.isSymbol("{") || opener.isSymbol(",") || opener.isSymbol(";"),
            let name = function(around: before)
        else { return nil }
        let wanted = try ScriptIndex(context.session.host.modules).entries.filter { entry in
            // A method is recognised by its name only, as the receiver's type is unknown.
            name.hasPrefix(":") ? entry.name.hasSuffix(name) : entry.name == name
        }
        let options = Set(wanted.flatMap { ($0.declaration?.forms ?? []).flatMap(\.names) })
        let given = Set(zip(before, before.dropFirst()).filter { $1.isSymbol("=") }.map(\.0.text))
        let left = options.subtracting(given)
        guard left.contains(where: { $0.hasPrefix(typed) }) else { return nil }
        var completion = Completion(left, typed: typed)
        if completion.candidates.count == 1 { completion.insertion += " = " }
        return completion
    }

    /// The function to which the innermost open brace is an argument.
    private static func function(around tokens: ArraySlice<LuaToken>) -> String? {
        var open: [Int] = []
        for (index, token) in zip(tokens.indices, tokens) where token.kind == .symbol {
            switch token.text {
            case "(", "{", "[": open.append(index)
            case ")", "}", "]": _ = open.popLast()
            default: break
            }
        }
        guard let brace = open.popLast(), tokens[brace].isSymbol("{") else { return nil }
        if let call = name(endingBefore: brace, tokens) { return call }
        guard let parenthesis = open.popLast(), tokens[parenthesis].isSymbol("(") else { return nil }
        return name(endingBefore: parenthesis, tokens)
    }

    private static func name(endingBefore end: Int, _ tokens: ArraySlice<LuaToken>) -> String? {
        var parts: [String] = []
        var index = end - 1
        while index >= tokens.startIndex, tokens[index].kind == .name {
            parts.insert(tokens[index].text, at: 0)
            index -= 1
            guard index >= tokens.startIndex else { break }
            if tokens[index].isSymbol(":") { return ":" + parts.joined(separator: ".") }
            guard tokens[index].isSymbol(".") else { break }
            index -= 1
        }
        return parts.isEmpty ? nil : parts.joined(separator: ".")
    }
}
