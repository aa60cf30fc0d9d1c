import ArgumentParser
import LuaFlow

/// The words of the command line as bytes. ArgumentParser only handles strings, so bytes that are no valid UTF-8 are
/// replaced by characters of a private area, U+10FF80 to U+10FFFF, as are the bytes of such characters themselves:
/// ``word(_:)`` restores exactly what was typed.
enum CommandWords {
    private static let area: UInt32 = 0x10FF00

    /// All words; the first is the program.
    static let all: [ByteString] = (0..<Int(CommandLine.argc)).compactMap { index in
        CommandLine.unsafeArgv[index].map { ByteString(cString: $0) }
    }

    /// The words before a script's file: `arg[-1]` is the last of them.
    static func before(_ file: ByteString) -> [ByteString] { Array(all.prefix { $0 != file }) }

    /// A word as a string for ArgumentParser.
    static func parsed(_ word: ByteString) -> String {
        if let text = word.utf8Text, !text.unicodeScalars.contains(where: { $0.value >= area + 0x80 }) { return text }
        var text = ""
        var rest = word.bytes[...]
        while let first = rest.first {
            let length = (1...4).first { String(validating: rest.prefix($0), as: UTF8.self) != nil && $0 <= rest.count }
            let scalar = length.flatMap { String(validating: rest.prefix($0), as: UTF8.self)?.unicodeScalars.first }
            if let length, let scalar, scalar.value < area + 0x80 {
                text.unicodeScalars.append(scalar)
                rest = rest.dropFirst(length)
            } else {
                // ASCII bytes are characters themselves: this one is 0x80 or above.
                if let mark = Unicode.Scalar(area + UInt32(first)) { text.unicodeScalars.append(mark) }
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// The word for which ``parsed(_:)`` returned this string.
    static func word(_ text: String) -> ByteString {
        guard text.unicodeScalars.contains(where: { $0.value >= area + 0x80 }) else { return ByteString(text) }
        return ByteString(
            text.unicodeScalars.flatMap { scalar -> [UInt8] in
                scalar.value >= area + 0x80 ? [UInt8(scalar.value - area)] : Array(String(scalar).utf8)
            })
    }
}

extension ByteString: ExpressibleByArgument {
    /// A word of the command line, with the bytes that it was typed with.
    public init?(argument: String) { self = CommandWords.word(argument) }
    /// What `--help` shows.
    public var defaultValueDescription: String { text }
}
