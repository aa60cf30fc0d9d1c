import CCrypto

/// HMAC-SHA256 of a message's four parts in hexadecimal, with the key of the connection file. With an empty key
/// messages are not signed.
struct Signature: Sendable {
    let key: [UInt8]

    func of(_ parts: [[UInt8]]) -> String {
        guard !key.isEmpty else { return "" }
        let bytes = Array(parts.joined())
        var digest = [UInt8](repeating: 0, count: 32)
        var length = 0
        let made = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, bytes, bytes.count, &digest, digest.count, &length)
        guard made != nil, length == 32 else { return "" }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Compared in constant time.
    func isRight(_ given: [UInt8], of parts: [[UInt8]]) -> Bool {
        if key.isEmpty { return true }
        let right = Array(of(parts).utf8)
        guard right.count == 64, given.count == right.count else { return false }
        return zip(given, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
