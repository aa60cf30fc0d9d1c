import Foundation
import LuaFlow
import Sessions

extension Command {
    static let load = Command(
        "load", ":load FILE [ARGUMENTS]", "Runs a file; its globals and top-level locals stay.", argument: .file
    ) {
        session, text in
        let words = Words.split(text)
        guard let file = words.first else { throw ScriptError(":load", "a file's name expected: :load script.lua") }
        return session.load(Words.path(file), arguments: words.dropFirst().map { ByteString($0) })
    }
}
