/// A text as messages show it. If it is longer than `limit` bytes of UTF-8, its middle is left out and its length
/// stated.
///
/// A message quotes names, options and paths that a script made, which may be of any length.
public func abridged(_ text: String, to limit: Int = 4096) -> String {
    let bytes = text.utf8
    guard bytes.count > limit, limit >= 16 else { return text }
    // Moved back to the beginning of a character: its later bytes are 10xxxxxx.
    var end = bytes.index(bytes.startIndex, offsetBy: limit / 2)
    while bytes[end] & 0xC0 == 0x80 { bytes.formIndex(before: &end) }
    var start = bytes.index(bytes.endIndex, offsetBy: -(limit / 2))
    while bytes[start] & 0xC0 == 0x80 { bytes.formIndex(after: &start) }
    let left = bytes.distance(from: end, to: start)
    return "\(text[..<end])... (\(left) bytes are left out) ...\(text[start...])"
}
