import Files
import Foundation
import LuaFlow
import Sessions

extension Command {
    static let save = Command(
        "save", ":save[!] FILE", "Writes the inputs that worked as a script; with ! over a file that is there.",
        argument: .file
    ) { session, text in try write(session, text, replacing: false) }

    static let saveOver = Command("save!", ":save! FILE", "Writes them over a file that is there.", argument: .file) {
        session, text in try write(session, text, replacing: true)
    }

    private static func write(_ session: PromptSession, _ text: String, replacing: Bool) throws -> PromptSession.Outcome
    {
        let words = Words.split(text)
        guard words.count == 1, let path = words.first.map(Words.path) else {
            throw ScriptError(":save", "one file's name expected: :save session.lua")
        }
        guard replacing || !FileManager.default.fileExists(atPath: path) else {
            throw ScriptError(":save", "\(path) is there already; :save! \(path) writes over it")
        }
        let script = SavedScript(session)
        guard script.count > 0 else { throw ScriptError(":save", "nothing was entered yet") }
        try session.host.interpreter.check(code: script.text, name: "=" + path)
        try AtomicFile.write(to: path, for: ":save") { try $0.write(script.text) }
        session.say("\(path): \(script.count) input\(script.count == 1 ? "" : "s")")
        if !script.omitted.isEmpty { session.say("left out: " + script.omitted.joined(separator: ", ")) }
        return .stay
    }
}
