import Foundation
import LuaFlow

/// An error as the prompt shows it: the message, the source line with a caret, and the script's own calls.
///
///     input 2:1: attempt to index a nil value (global 'a')
///       a.b = 1
///       ^
package struct ErrorView {
    let style: Style
    let columns: Int
    /// The texts of inputs, by their names in messages.
    let inputs: [String: String]
    /// The Lua files that were run or loaded, as absolute paths. A name in a message may also be a script's own text.
    let files: () -> [String]

    /// Longer files are not shown.
    private static let longest = 2 << 20

    private static let mostCalls = 8
    /// Names of the prompt's own helpers in tracebacks; they have no names and lines where Lua allows it.
    private static let ownNames = ["?:", "luaflow:"]

    /// - Parameter offset: the position in the source, if known.
    package func text(_ error: LuaError, at offset: Int? = nil) -> String {
        if error.kind == .interrupted { return style.error(error.message) + "\n" }
        // The innermost place whose source is available.
        var location: SourceLocation?
        var source: String?
        for place in SourceLocation.all(in: error.message).reversed() where source == nil {
            source = self.source(of: place.chunk)
            if source != nil { location = place }
        }
        var message = error.message
        var excerpt = ""
        if let source, let location {
            let offset = offset ?? Caret.syntax(location.rest, source: source)
            if let offset { message = Caret.readable(message, at: offset, in: source) }
            excerpt = self.excerpt(source, location, offset)
        }
        return style.error(Text.wrapped(Text.safe(abridged(message)), to: columns, indent: 2)) + "\n" + excerpt
            + calls(error, after: location)
    }

    private func source(of chunk: String) -> String? {
        if let input = inputs[chunk] { return input }
        guard !chunk.hasPrefix("["), !chunk.isEmpty else { return nil }
        let known = files()
        let whole = LoadedFiles.absolute(ByteString(chunk)).text
        // Messages only contain the end of a long path.
        let path =
            known.last { $0 == whole } ?? known.last { chunk.hasPrefix("...") && $0.hasSuffix(chunk.dropFirst(3)) }
        guard let path, let stamp = FileStamp(path), stamp.isRegular, stamp.size <= Self.longest,
            let file = FileHandle(forReadingAtPath: path)
        else { return nil }
        defer { try? file.close() }
        // It may have grown meanwhile.
        guard let bytes = try? file.read(upToCount: Self.longest) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter offset: the byte of a syntax error; it may be on a line before the one named.
    private func excerpt(_ source: String, _ location: SourceLocation, _ offset: Int?) -> String {
        // By bytes: Swift takes a carriage return and a line feed for one character.
        let lines = source.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
        guard let offset else {
            guard location.line >= 1, location.line <= lines.count else { return "" }
            let line = lines[location.line - 1]
            return shown(line, Caret.runtime(location.rest, line: line))
        }
        // The line of the byte and its column.
        let before = source.utf8.prefix(offset)
        let number = before.count { $0 == UInt8(ascii: "\n") }
        let column =
            before.count
            - (before.lastIndex(of: UInt8(ascii: "\n")).map {
                before.distance(from: before.startIndex, to: $0) + 1
            } ?? 0)
        return number < lines.count ? shown(lines[number], column..<(column + 1)) : ""
    }

    /// The line, shifted so that the caret is visible, and the caret.
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

    /// A call such as `  in function 'f' at lib.lua:12`; a long path is cut at the front.
    private func call(_ frame: String) -> String {
        guard let place = SourceLocation(frame) else { return Text.clipped("  " + frame, to: columns) }
        let what = Text.clipped("  \(place.rest) at ", to: columns * 2 / 3)
        let path = "\(place.chunk):\(place.line)"
        let room = columns - Text.width(what)
        guard Text.width(path) > room else { return what + path }
        // Lua may have cut it already, with dots of its own.
        let end = path.hasPrefix("...") ? path.dropFirst(3) : path[...]
        return what + "..." + end.suffix(max(room - 3, 0))
    }

    /// The script's frames, innermost first, without those of the prompt and of C.
    func calls(_ error: LuaError, after location: SourceLocation? = nil) -> String {
        guard let traceback = error.traceback else { return "" }
        var frames: [String] = []
        for line in traceback.split(separator: "\n").dropFirst() {
            let frame = line.drop { $0 == "\t" || $0 == " " }
            if ErrorView.ownNames.contains(where: { frame.hasPrefix($0) }) { break }
            guard !frame.hasPrefix("[C]"), !frame.hasPrefix("(...tail") else { continue }
            frames.append(Text.safe(String(frame)))
        }
        // The line of the error itself, outside of functions, adds nothing.
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
