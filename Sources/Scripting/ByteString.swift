#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A Lua string: any bytes, compared byte by byte.
///
///     let name: ByteString = "scale"
///     name.count          // 5, in bytes
///     name.text           // for people: what is no UTF-8 is shown as U+FFFD
///     name.utf8Text       // the same text, or nil when the bytes are no UTF-8
///
/// Swift's `String` considers "é" and "e\u{301}" equal, and cannot hold bytes that are no UTF-8. What scripts use as
/// keys, names, paths or data is therefore a `ByteString`; `String` is for text that people read. (mlua makes the same
/// distinction between `as_bytes` and `to_str`.)
public struct ByteString: Hashable, Comparable, Sendable {
    /// Bytes that are UTF-8 are kept as a string, which is as cheap as `String` itself.
    private enum Storage: Sendable {
        case text(String)
        /// Never valid UTF-8, so that every string has only one representation.
        case raw([UInt8])
    }
    private let storage: Storage

    /// The text's UTF-8.
    public init(_ text: String) { storage = .text(text) }

    /// Kept as they are, whether they are UTF-8 or not.
    public init(_ bytes: some Collection<UInt8>) {
        storage = String(validating: bytes, as: UTF8.self).map(Storage.text) ?? .raw(Array(bytes))
    }

    /// Copies memory that need not outlive the call.
    public init(copying bytes: UnsafeRawBufferPointer) {
        let bytes = bytes.bindMemory(to: UInt8.self)
        // Names are nearly always ASCII, which is faster to check than UTF-8.
        if bytes.reduce(0, |) < 0x80 {
            self.init(String(decoding: bytes, as: UTF8.self))
        } else {
            self.init(bytes)
        }
    }

    /// The bytes up to a zero.
    public init(cString: UnsafePointer<CChar>) {
        var count = 0
        while cString[count] != 0 { count += 1 }
        self.init(copying: UnsafeRawBufferPointer(start: cString, count: count))
    }

    /// For display: invalid UTF-8 is replaced by U+FFFD.
    public var text: String {
        switch storage {
        case .text(let text): text
        case .raw(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The string, if the bytes are UTF-8.
    public var utf8Text: String? {
        if case .text(let text) = storage { text } else { nil }
    }

    /// A copy; ``withBytes(_:)`` reads without one.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// The number of bytes.
    public var count: Int {
        switch storage {
        case .text(let text): text.utf8.count
        case .raw(let bytes): bytes.count
        }
    }

    /// Whether there are no bytes.
    public var isEmpty: Bool { count == 0 }

    /// Calls `body` with the bytes, which are valid for the length of the call.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        switch storage {
        case .raw(let bytes): return try bytes.withUnsafeBytes(body)
        case .text(var text): return try text.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
        }
    }

    /// Calls `body` with the bytes followed by a zero, for system calls. A zero within the bytes would end them early:
    /// paths are checked for it before (``contains(_:)``).
    public func withCString<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
        switch storage {
        case .text(let text): try text.withCString(body)
        case .raw(let bytes):
            try (bytes + [0]).withUnsafeBufferPointer { buffer in
                try buffer.withMemoryRebound(to: CChar.self) { chars in
                    // Never empty, because of the zero.
                    guard let base = chars.baseAddress else { return try "".withCString(body) }
                    return try body(base)
                }
            }
        }
    }

    /// Whether such a byte occurs, also as a part of a character.
    public func contains(_ byte: UInt8) -> Bool { withBytes { $0.contains(byte) } }

    /// By bytes, so that half of a character counts; every string begins with the empty one.
    public func hasPrefix(_ prefix: ByteString) -> Bool {
        withBytes { bytes in prefix.withBytes { bytes.starts(with: $0) } }
    }

    /// By bytes; every string ends with the empty one.
    public func hasSuffix(_ suffix: ByteString) -> Bool {
        withBytes { bytes in suffix.withBytes { bytes.suffix($0.count).elementsEqual($0) } }
    }

    /// Without that many bytes at the start; empty if there are fewer.
    public func dropFirst(_ count: Int) -> ByteString { ByteString(bytes.dropFirst(count)) }
    /// Without that many bytes at the end; empty if there are fewer.
    public func dropLast(_ count: Int) -> ByteString { ByteString(bytes.dropLast(count)) }

    /// Splits at every such byte: `"a:b"` at `:` is `["a", "b"]`.
    public func split(
        at separator: UInt8, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
    ) -> [ByteString] {
        bytes.split(
            separator: separator, maxSplits: maxSplits, omittingEmptySubsequences: omittingEmptySubsequences
        ).map { ByteString($0) }
    }

    /// The bytes of both, which may form characters that neither has.
    public static func + (a: ByteString, b: ByteString) -> ByteString {
        if case (.text(let a), .text(let b)) = (a.storage, b.storage) { return ByteString(a + b) }
        return ByteString(a.bytes + b.bytes)
    }

    public static func == (a: ByteString, b: ByteString) -> Bool {
        guard a.count == b.count else { return false }
        return a.withBytes { a in
            b.withBytes { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return true }
                return memcmp(x, y, a.count) == 0
            }
        }
    }

    /// Compares bytes, unlike `String`. Disfavoured, so that a literal is a `String` where it could be either.
    @_disfavoredOverload
    public static func == (a: ByteString, b: String) -> Bool { a == ByteString(b) }
    @_disfavoredOverload
    public static func != (a: ByteString, b: String) -> Bool { !(a == b) }

    /// Ordered as by `strcmp`; a prefix comes first.
    public static func < (a: ByteString, b: ByteString) -> Bool {
        a.withBytes { a in b.withBytes { b in a.lexicographicallyPrecedes(b) } }
    }

    public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }
}

extension ByteString: ExpressibleByStringInterpolation {
    /// A literal is UTF-8.
    public init(stringLiteral text: String) { self.init(text) }
}

extension ByteString: CustomStringConvertible {
    public var description: String { text }

    /// Quoted as in messages: control characters and invalid UTF-8 are escaped as in Lua, `"gr\xf6\xdfe"`. A long
    /// string is cut.
    public func quoted(most: Int = 60) -> String {
        var shown = "\""
        var rest = withBytes { Array($0.prefix(count > most ? most - 3 : most)) }[...]
        while let first = rest.first {
            // A character that the limit cuts through is left out.
            let length = ByteString.length(first)
            if count > most, rest.count < length { break }
            if let scalar = String(validating: rest.prefix(length), as: UTF8.self), first >= 0x20, first != 0x7f {
                shown += scalar
                rest = rest.dropFirst(length)
            } else {
                shown += first == 10 ? "\\n" : "\\x" + (first < 16 ? "0" : "") + String(first, radix: 16)
                rest = rest.dropFirst()
            }
        }
        return shown + (count > most ? "...\"" : "\"")
    }

    /// The number of bytes in a character with this first byte; 1 for a byte that begins none.
    private static func length(_ first: UInt8) -> Int {
        switch first {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
    }
}

/// A type that can be converted to a Lua string: ``ByteString``, `String`.
///
/// Functions that take a path or a name take `some ByteStringConvertible`, so that Swift programs pass a `String`.
public protocol ByteStringConvertible {
    /// The bytes that Lua would get.
    var byteString: ByteString { get }
}

extension ByteString: ByteStringConvertible {
    public var byteString: ByteString { self }
}

extension String: ByteStringConvertible {
    public var byteString: ByteString { ByteString(self) }
}

extension ByteString: Codable {
    /// Encoded as a string, or as numbers where the bytes are no UTF-8.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let utf8Text { try container.encode(utf8Text) } else { try container.encode(bytes) }
    }

    /// From a text, or from the list of numbers that stands for bytes that are not UTF-8.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self.init(try container.decode(String.self))
        } catch DecodingError.typeMismatch {
            self.init(try container.decode([UInt8].self))
        }
    }
}

/// The key of a JSON object: the string itself if it is ASCII, else `bytes:` and the bytes in hexadecimal, since JSON
/// readers may consider Unicode strings equal that are different byte strings.
extension ByteString: CodingKeyRepresentable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static let mark: ByteString = "bytes:"

    /// ASCII as it is, other bytes as hexadecimal digits behind a mark, since JSON's keys are texts.
    public var codingKey: any CodingKey {
        if withBytes({ $0.allSatisfy { $0 < 0x80 } }), !hasPrefix(ByteString.mark) { return Key(stringValue: text) }
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return Key(stringValue: ByteString.mark.text + digits.joined())
    }

    /// Nil for a marked key whose rest is not pairs of hexadecimal digits.
    public init?<K: CodingKey>(codingKey: K) {
        let key = ByteString(codingKey.stringValue)
        guard key.hasPrefix(ByteString.mark) else {
            self = key
            return
        }
        let digits = Array(key.text.dropFirst(ByteString.mark.count))
        let bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(digits[$0..<min($0 + 2, digits.count)]), radix: 16)
        }
        guard !bytes.contains(nil) else { return nil }
        self.init(bytes.compactMap(\.self))
    }
}
