import Foundation
import LuaFlow

/// An error as the prompt prints it: the message, the source line with a caret, and the script's own calls.
///
///     input 2:1: attempt to index a nil value (global 'a')
///       a.b = 1
///       ^
struct ErrorView {
    let style: Style
    let columns: Int
    let interpreter: Interpreter
    /// The texts of the inputs, by the name that messages call them.
    let inputs: [String: String]
    /// Files that may be meant where a message has only the end of a long path.
    let files: () -> [String]

    private static let mostCalls = 8
    /// What the prompt's own helpers are called in a traceback.
    private static let ownName = "luaflow:"
    private static let ownCall = "in local 'chunk'"

    /// - Parameter prefix: what the text was compiled with before it, `return ` for expressions.
    func text(_ error: LuaError, prefix: String = "") -> String {
        if error.kind == .interrupted { return style.error(error.message) + "\n" }
        var text = style.error(Text.wrapped(Text.safe(error.message), to: columns, indent: 2)) + "\n"
        let location = SourceLocation(error.message)
        if let location, let source = source(of: location.chunk) {
            text += excerpt(source, location, error, prefix)
        }
        return text + calls(error, after: location)
    }

    private func source(of chunk: String) -> String? {
        if let input = inputs[chunk] { return input }
        guard !chunk.hasPrefix("["), !chunk.isEmpty else { return nil }
        if let text = try? String(contentsOfFile: chunk, encoding: .utf8) { return text }
        guard chunk.hasPrefix("..."), let path = files().first(where: { $0.hasSuffix(chunk.dropFirst(3)) }) else {
            return nil
        }
        return try? String(contentsOfFile: path, encoding: .utf8)
    }

    private func excerpt(_ source: String, _ location: SourceLocation, _ error: LuaError, _ prefix: String) -> String {
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard location.line >= 1, location.line <= lines.count else { return "" }
        var number = location.line
        var range = 0..<0
        if error.kind == .syntax {
            guard let offset = Caret(interpreter: interpreter).syntax(error.message, source: source, prefix: prefix)
            else {
                return shown(lines[number - 1], nil)
            }
            // The byte's line and its place there.
            let before = source.utf8.prefix(offset)
            number = before.count { $0 == UInt8(ascii: "\n") } + 1
            let start =
                before.lastIndex(of: UInt8(ascii: "\n")).map { before.distance(from: before.startIndex, to: $0) + 1 }
                ?? 0
            range = (offset - start)..<(offset - start + 1)
        } else {
            range = Caret.runtime(location.rest, line: lines[number - 1])
        }
        guard number <= lines.count else { return "" }
        return shown(lines[number - 1], range)
    }

    /// The line, moved so that the caret is on the screen, and the caret.
    private func shown(_ line: String, _ range: Range<Int>?) -> String {
        let bytes = Array(line.utf8)
        func safe(_ slice: some Sequence<UInt8>) -> String { Text.safe(String(decoding: Array(slice), as: UTF8.self)) }
        guard let range, range.lowerBound <= bytes.count else {
            return "  " + Text.clipped(safe(bytes), to: columns - 2) + "\n"
        }
        var before = safe(bytes[..<range.lowerBound])
        let width = max(Text.width(safe(bytes[range.lowerBound..<min(range.upperBound, bytes.count)])), 1)
        let rest = safe(bytes[range.lowerBound...])
        let room = columns - 4
        if Text.width(before) + width > room {
            before = "..." + String(before.suffix(max(room / 2 - 3, 0)))
        }
        let caret = String(repeating: "^", count: min(width, room))
        return "  " + Text.clipped(before + rest, to: columns - 2) + "\n"
            + "  " + String(repeating: " ", count: Text.width(before)) + style.caret(caret) + "\n"
    }

    /// `  in function 'f' at lib.lua:12`; of a long path the end.
    private func call(_ frame: String) -> String {
        guard let place = SourceLocation(frame) else { return Text.clipped("  " + frame, to: columns) }
        let what = Text.clipped("  \(place.rest) at ", to: columns * 2 / 3)
        let path = "\(place.chunk):\(place.line)"
        let room = columns - Text.width(what)
        return what + (Text.width(path) > room ? "..." + path.suffix(max(room - 3, 0)) : path)
    }

    /// The script's frames, innermost first, without those of the prompt and of C.
    func calls(_ error: LuaError, after location: SourceLocation? = nil) -> String {
        guard let traceback = error.traceback else { return "" }
        var frames: [String] = []
        for line in traceback.split(separator: "\n").dropFirst() {
            let frame = line.drop { $0 == "\t" || $0 == " " }
            if frame.hasPrefix(ErrorView.ownName) {
                // The chunk that the prompt called, by the name it has there.
                if let chunk = frames.last, chunk.hasSuffix(ErrorView.ownCall) {
                    frames[frames.count - 1] = chunk.dropLast(ErrorView.ownCall.count) + "in main chunk"
                }
                break
            }
            guard !frame.hasPrefix("[C]"), !frame.hasPrefix("(...tail") else { continue }
            frames.append(Text.safe(String(frame)))
        }
        // The line of the error itself, when it stands in no function, says nothing new.
        if let only = frames.first, frames.count == 1, only.hasSuffix("in main chunk"), let location,
            only.hasPrefix("\(location.chunk):\(location.line):")
        {
            return ""
        }
        let shown = frames.prefix(ErrorView.mostCalls).map { style.faint(call($0)) + "\n" }
        let rest = frames.count - shown.count
        return shown.joined() + (rest > 0 ? style.faint("  ... \(rest) more") + "\n" : "")
    }
}
