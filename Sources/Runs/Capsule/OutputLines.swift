/// Digests of a text's lines, so that two long texts that differ can be told apart near the place.
///
/// At most a thousand: each is that of all lines up to its own, and stands for as many lines as it takes.
public struct OutputLines: Codable, Equatable, Sendable {
    /// Lines from one digest to the next.
    public private(set) var every = 1
    public private(set) var digests: [String] = []

    private var lines = 0
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    private enum CodingKeys: CodingKey { case every, digests }

    public init() {}

    private static let most = 1024

    /// FNV-1a: nobody is deceived here, the whole text has a digest that is safe.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            if byte == UInt8(ascii: "\n") { endLine() }
        }
    }

    private mutating func endLine() {
        lines += 1
        guard lines.isMultiple(of: every) else { return }
        digests.append(String(hash, radix: 16))
        guard digests.count == OutputLines.most else { return }
        digests = sampled(every * 2)
        every *= 2
    }

    /// The lines, from 1, among which the first difference lies; the last is nil when it is behind all digests.
    func difference(from other: OutputLines) -> (first: Int, last: Int?) {
        let wanted = max(every, other.every)
        let (mine, theirs) = (sampled(wanted), other.sampled(wanted))
        let same = zip(mine, theirs).prefix { $0 == $1 }.count
        return (same * wanted + 1, same < min(mine.count, theirs.count) ? (same + 1) * wanted : nil)
    }

    /// The digests of every so many lines; powers of two, both.
    private func sampled(_ wanted: Int) -> [String] {
        guard every > 0, wanted > every else { return digests }
        let step = wanted / every
        return digests.indices.filter { ($0 + 1).isMultiple(of: step) }.map { digests[$0] }
    }
}
