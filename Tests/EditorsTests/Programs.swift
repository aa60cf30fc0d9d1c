import Foundation
import LuaFlow

/// All Lua programs that ship with LuaFlow; they are valid.
enum Programs {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func scripts() throws -> [(path: String, text: String)] {
        let folder = repository.appendingPathComponent("scripts")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "lua" }
            .sorted { $0.path < $1.path }.map { ($0.path, try String(contentsOf: $0, encoding: .utf8)) }
    }

    static func examples() throws -> [(name: String, text: String)] {
        try Manual(Host.builtInModules).all.compactMap { entry in
            entry.documentation.example.map { (entry.name, $0) }
        }
    }
}

/// Changes programs at random; the same seed makes the same changes.
struct Mutations {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func below(_ count: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 33) % max(count, 1)
    }

    private static let words = """
        and break do else elseif end false for function goto if in local nil not or repeat return then true until \
        while + - * / // % ^ # & ~ | << >> == ~= <= >= < > = ( ) { } [ ] :: ; : , . .. ... <const> <close> 'a' \
        "b\\x41" 0x 0x1p4 1e 3..4 [[x]] [==[y]] --[[ x $ @ \\ '\\z 'b\\400' a b self _ENV 'abc ::l:: l
        """.split(separator: " ").map(String.init)

    /// A program, or a piece of one, with up to four words changed.
    mutating func mutate(_ program: String) -> String {
        var words = Self.cut(program)
        if below(3) > 0, !words.isEmpty {
            let start = below(words.count)
            words = Array(words[start..<min(words.count, start + 1 + below(60))])
        }
        for _ in 0..<below(5) where !words.isEmpty {
            let place = below(words.count)
            switch below(6) {
            case 0, 1: words.remove(at: place)
            case 2: words.insert(" \(Self.words[below(Self.words.count)]) ", at: place)
            case 3: words[place] = Self.words[below(Self.words.count)]
            case 4: words[place] = words[below(words.count)]
            default: words[place] = String(words[place].dropLast())
            }
        }
        return words.joined()
    }

    /// Cuts a program into names and numbers as whole words, and everything else into single characters. Joined, the
    /// pieces are the program.
    private static func cut(_ text: String) -> [String] {
        var words: [String] = []
        var wasWord = false
        for scalar in text.unicodeScalars {
            let isLetter = scalar.isASCII && scalar.properties.isAlphabetic
            let isWord = isLetter || scalar == "_" || ("0"..."9").contains(scalar)
            if isWord, wasWord {
                words[words.count - 1].unicodeScalars.append(scalar)
            } else {
                words.append(String(scalar))
            }
            wasWord = isWord
        }
        return words
    }
}
