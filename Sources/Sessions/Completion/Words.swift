import Foundation

/// Splits text into words as a shell does: at blanks, except within quotes.
package enum Words {
    private static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory() }

    /// Expands `~/` to the user's home folder.
    package static func path(_ word: String) -> String {
        word == "~" || word.hasPrefix("~/") ? home + word.dropFirst() : word
    }

    /// The absolute path of a file.
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
