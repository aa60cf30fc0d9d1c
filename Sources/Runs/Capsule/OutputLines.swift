/// Digests of a text's lines, by which the place where two long texts differ is found.
///
/// At most a thousand digests: each is that of all lines up to its own, at intervals of `every` lines.
public struct OutputLines: Codable, Equatable, Sendable {
    /// The number of lines between digests.
    public private(set) var every = 1
    public private(set) var digests: [String] = []

    private var lines = 0
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    private enum CodingKeys: CodingKey { case every, digests }

    public init() {}

    private static let most = 1024

    /// FNV-1a, which is not cryptographic; the whole text has a secure digest.
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

    /// The lines, from 1, between which the first difference is; `last` is nil if it is after all digests.
    func difference(from other: OutputLines) -> (first: Int, last: Int?) {
        let wanted = max(every, other.every)
        let (mine, theirs) = (sampled(wanted), other.sampled(wanted))
        let same = zip(mine, theirs).prefix { $0 == $1 }.count
        return (same * wanted + 1, same < min(mine.count, theirs.count) ? (same + 1) * wanted : nil)
    }

    /// The digests at the wanted interval; both intervals are powers of two.
    private func sampled(_ wanted: Int) -> [String] {
        guard every > 0, wanted > every else { return digests }
        let step = wanted / every
        return digests.indices.filter { ($0 + 1).isMultiple(of: step) }.map { digests[$0] }
    }
}
