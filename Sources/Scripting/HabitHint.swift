/// Hints added to Lua's error messages where someone wrote what is right in Python, C or PyTorch: what to write in Lua.
///
///     x.lua:3: syntax error near '+' (Lua has no += and no ++; write a = a + 1)
public enum HabitHint {
    /// The message with a hint appended, if there is one. Messages about unfinished input are left alone.
    public static func added(to message: String) -> String {
        // Long messages are a script's own.
        guard message.utf8.count <= 2000, !message.hasSuffix("<eof>") else { return message }
        if let hint = grammar(message) ?? meaning(message) { return "\(message) (\(hint))" }
        return message
    }

    /// A hint for a syntax error, by what is written where Lua stopped.
    private static func grammar(_ message: String) -> String? {
        guard let range = message.last(" near '"), message.hasSuffix("'") else { return nil }
        let near = String(message[range.upperBound...].dropLast())
        let complaint = message[..<range.lowerBound]
        func expects(_ word: String) -> Bool { complaint.hasSuffix("'\(word)' expected") }
        switch near {
        case ",": return expects("]") ? "an element of a tensor is x[{1, 2}]" : nil
        case ":":
            if expects("]") || expects("}") {
                return "a range of a tensor is x[{{first, last}}], a field of a table {name = value}"
            }
            return ["then", "do"].contains(where: expects)
                ? "Lua has no colon there: if ... then ... end, for ... do ... end" : nil
        case "!": return "not equal is ~=, and the word not says no"
        case "&", "|": return "Lua's words are and, or, not"
        case "@": return "the product of matrices is x:matmul(y)"
        case "?": return "Lua writes condition and a or b"
        case "+", "-", "/", "%":
            guard complaint.hasSuffix("syntax error") else { return nil }
            let twice = near == "+" || near == "-" ? " and no \(near)\(near)" : ""
            return "Lua has no \(near)=\(twice); write a = a \(near) 1"
        case "*":
            if complaint.hasSuffix("syntax error") { return "Lua has no *=; write a = a * 2" }
            return complaint.hasSuffix("unexpected symbol") ? "to the power of is ^" : nil
        case "#", "//": return complaint.hasSuffix("unexpected symbol") ? "a comment begins with --" : nil
        case "[": return complaint.hasSuffix("unexpected symbol") ? "a list is written {1, 2}" : nil
        case ")" where complaint.hasSuffix("function arguments expected"): return "a method is called: x:sum()"
        default:
            guard complaint.hasSuffix("syntax error"), near.first.map({ $0.isLetter || $0 == "_" }) == true else {
                return nil
            }
            return "one name behind another is no Lua: functions are function f(x) ... end, "
                + "modules local m = require \"m\""
        }
    }

    /// A hint for an operation that Lua cannot do with a value.
    private static func meaning(_ message: String) -> String? {
        func named(_ start: String, in message: some StringProtocol) -> String? {
            guard let first = message.last(start) else { return nil }
            let name = message[first.upperBound...].prefix { $0 != "'" }
            return message[first.upperBound...].dropFirst(name.count) == "')" ? String(name) : nil
        }
        if let call = message.last("attempt to call a ") {
            let what = message[call.upperBound...]
            if what.hasPrefix("nil value (global '") {
                return named("(global '", in: what).flatMap { OtherNames.functions[$0] }
            }
            if what.hasSuffix("(for iterator 'for iterator')") {
                return what.hasPrefix("tensor") || what.hasPrefix("table")
                    ? "for i, x in ipairs(t) do goes through its elements" : nil
            }
            guard !what.hasPrefix("nil "), let name = named("(field '", in: what) ?? named("(method '", in: what)
            else { return nil }
            return "\(name) is a value, not a function: x.\(name)"
        }
        if message.hasSuffix("attempt to index a nil value (global 'torch')") || message.hasSuffix("(global 'np')") {
            return "local tensor = require \"tensor\""
        }
        if message.contains("attempt to index a nil value (global '"), let name = named("(global '", in: message),
            OtherNames.modules.contains(name)
        {
            return "local \(name) = require \"\(name)\""
        }
        if message.contains("attempt to concatenate a tensor value") {
            return "x:item() is a tensor's number, tostring(x) its text"
        }
        if message.hasSuffix("(number expected, got tensor)"), let first = message.last(" to '") {
            let name = message[first.upperBound...].prefix { $0 != "'" }
            return OtherNames.elementwise.contains(String(name))
                ? "x:item() is a tensor's number, x:\(name)() computes with each" : "x:item() is a tensor's number"
        }
        return OtherNames.dotted(message)
    }
}

extension StringProtocol {
    /// The last occurrence of a text. This room does not import Foundation.
    fileprivate func last(_ text: String) -> Range<Index>? {
        let letters = Array(text.utf8), bytes = Array(utf8)
        guard !letters.isEmpty, bytes.count >= letters.count else { return nil }
        for start in stride(from: bytes.count - letters.count, through: 0, by: -1)
        where bytes[start] == letters[0] && bytes[start..<start + letters.count].elementsEqual(letters) {
            let first = utf8.index(startIndex, offsetBy: start)
            return first..<utf8.index(first, offsetBy: letters.count)
        }
        return nil
    }
}
