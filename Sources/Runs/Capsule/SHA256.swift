import CCrypto
import Foundation
import Scripting

/// SHA-256 (FIPS 180-4) by libcrypto, which libzip already loads. Used to compare files, not for secrets.
struct SHA256 {
    /// Written by one owner only: a digest that shares it copies it first.
    private final class State: @unchecked Sendable {
        let pointer = EVP_MD_CTX_new()
        deinit { EVP_MD_CTX_free(pointer) }
    }

    private var state = State()

    init() { EVP_DigestInit_ex(state.pointer, EVP_sha256(), nil) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&state) { state = copy() }
        EVP_DigestUpdate(state.pointer, bytes.baseAddress, bytes.count)
    }

    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
    mutating func update(_ text: String) { update(Array(text.utf8)) }

    private func copy() -> State {
        let other = State()
        EVP_MD_CTX_copy_ex(other.pointer, state.pointer)
        return other
    }

    /// The digest of what was added so far, in hexadecimal.
    var hex: String {
        var digest = [UInt8](repeating: 0, count: 32)
        // A pointer alone would not keep it alive.
        let end = copy()
        withExtendedLifetime(end) { _ = EVP_DigestFinal_ex(end.pointer, &digest, nil) }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// A file's digest and size; nil if it cannot be read completely.
    static func ofFile(_ path: ByteString) -> (hex: String, bytes: Int)? {
        let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var hash = SHA256()
        var bytes = 0
        while true {
            let next: Data?
            do { next = try file.read(upToCount: 1 << 20) } catch { return nil }
            guard let piece = next, !piece.isEmpty else { return (hash.hex, bytes) }
            piece.withUnsafeBytes { hash.update($0) }
            bytes += piece.count
        }
    }
}
