import Foundation
import LuaFlow
import Storage

extension Command {
    static let save = Command(
        "save", ":save[!] FILE", "Writes the inputs that worked as a script; with ! over a file that is there.",
        argument: .file
    ) { session, text in try write(session, text, replacing: false) }

    static let saveOver = Command("save!", ":save! FILE", "Writes them over a file that is there.", argument: .file) {
        session, text in try write(session, text, replacing: true)
    }

    private static func write(_ session: Session, _ text: String, replacing: Bool) throws -> Session.Outcome {
        let words = Words.split(text)
        guard words.count == 1, let path = words.first else {
            throw ScriptError(":save", "one file's name expected: :save session.lua")
        }
        guard replacing || !FileManager.default.fileExists(atPath: path) else {
            throw ScriptError(":save", "\(path) is there already; :save! \(path) writes over it")
        }
        let script = SavedScript(session.record, modules: session.host.modules.map(\.name))
        guard script.count > 0 else { throw ScriptError(":save", "nothing was entered yet") }
        try session.host.interpreter.check(code: script.text, name: "=" + path)
        try AtomicFile.write(to: path, for: ":save") { try $0.write(script.text) }
        session.say("\(path): \(script.count) input\(script.count == 1 ? "" : "s")")
        return .stay
    }
}

/// A session's inputs as a script that runs by itself.
struct SavedScript {
    let text: String
    let count: Int

    init(_ record: [Session.Record], modules: [String]) {
        var body = ""
        for input in record {
            let kept = TopLevelLocals.kept(input.text, .compact).trimmed
            guard input.isExpression else {
                // A line that begins with a parenthesis would go on with the one before.
                body += (kept.hasPrefix("(") ? ";" : "") + kept + "\n"
                continue
            }
            guard !kept.isEmpty, Lua.tokens(kept).contains(where: { $0.kind != .comment }) else { continue }
            body += SavedScript.statement(kept) + "\n"
        }
        let used = Set(Lua.tokens(body).filter { $0.kind == .name }.map(\.text))
        let head = modules.filter(used.contains).map { "\($0) = require \"\($0)\"\n" }.joined()
        text = "-- Written by :save.\n" + head + (head.isEmpty ? "" : "\n") + body
        count = record.count
    }

    /// An expression is no statement. A call is one; anything else was printed, and is again.
    private static func statement(_ expression: String) -> String {
        let tokens = Lua.tokens(expression).filter { $0.kind != .comment }
        let isSilent = tokens.last?.isSymbol(";") ?? false
        let end = isSilent ? tokens.last?.range.lowerBound : nil
        let value = end.map { String(decoding: Array(expression.utf8)[..<$0], as: UTF8.self).trimmed } ?? expression
        return isSilent ? "_ = \(value)" : "_ = \(value)\nif _ ~= nil then print(_) end"
    }
}
