import Foundation
import LuaFlow

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

/// Words as a shell reads them: blanks separate, quotes keep together.
enum Words {
    private static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory() }

    /// `~/` is the user's home folder.
    static func path(_ word: String) -> String {
        word == "~" || word.hasPrefix("~/") ? home + word.dropFirst() : word
    }

    /// A file's path from the root on.
    static func whole(_ path: String) -> String { URL(fileURLWithPath: path).path }

    static func split(_ text: String) -> [String] {
        var words: [String] = []
        var current = ""
        var isWord = false
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { current.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                isWord = true
            } else if character.isWhitespace {
                if isWord { words.append(current) }
                (current, isWord) = ("", false)
            } else {
                current.append(character)
                isWord = true
            }
        }
        return isWord ? words + [current] : words
    }
}
