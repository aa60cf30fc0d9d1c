import CLuaTrampolines
import Foundation
import Scripting

/// Why code does not compile.
public struct LuaSyntax: Equatable, Sendable {
    /// From 1.
    public let line: Int
    /// Lua's message without the position, such as `unexpected symbol near '='`.
    public let message: String

    /// The error of Lua's own compiler for a text; nil if it compiles. Nothing is run.
    /// - Parameter isFile: whether a byte order mark and a first line that begins with `#` are skipped, as Lua does for
    ///   files.
    public static func error(in bytes: [UInt8], isFile: Bool = false) -> LuaSyntax? {
        var text = bytes[...]
        if isFile {
            if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
            if text.first == UInt8(ascii: "#") { text = text.drop { $0 != UInt8(ascii: "\n") } }
        }
        let said = text.withUnsafeBytes { lf_syntax_error($0.baseAddress, $0.count) }
        guard let said else { return nil }
        defer { free(said) }
        // Such as `:12: unexpected symbol near '='`.
        let parts = String(cString: said).split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let line = Int(parts[1]) else {
            return LuaSyntax(line: 1, message: String(cString: said))
        }
        return LuaSyntax(line: line, message: HabitHint.added(to: String(parts[2].dropFirst())))
    }
}
