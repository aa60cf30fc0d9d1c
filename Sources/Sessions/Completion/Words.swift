import Foundation

/// Words as a shell reads them: blanks separate, quotes keep together.
package enum Words {
    private static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory() }

    /// `~/` is the user's home folder.
    package static func path(_ word: String) -> String {
        word == "~" || word.hasPrefix("~/") ? home + word.dropFirst() : word
    }

    /// A file's path from the root on.
    package static func whole(_ path: String) -> String { URL(fileURLWithPath: path).path }

    package static func split(_ text: String) -> [String] {
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
