/// Images as PNG in escape sequences.
package enum InlineGraphics {
    /// Kitty's graphics protocol: transmit and display (`a=T`) a PNG (`f=100`) without responses (`q=2`), in pieces of
    /// at most 4096 bytes (https://sw.kovidgoyal.net/kitty/graphics-protocol/).
    package static func kitty(png: [UInt8]) -> String {
        let encoded = Array(Base64.encode(png).utf8)
        var text = ""
        var start = 0
        repeat {
            let end = min(start + 4096, encoded.count)
            let more = end < encoded.count ? 1 : 0
            text += "\u{1B}_G" + (start == 0 ? "a=T,f=100,q=2," : "") + "m=\(more);"
            text += String(decoding: encoded[start..<end], as: UTF8.self) + "\u{1B}\\"
            start = end
        } while start < encoded.count
        return text + "\n"
    }

    /// iTerm2's inline images (https://iterm2.com/documentation-images.html).
    package static func iterm2(png: [UInt8], width: Int, height: Int) -> String {
        "\u{1B}]1337;File=inline=1;size=\(png.count);width=\(width)px;height=\(height)px:" + Base64.encode(png)
            + "\u{07}\n"
    }
}

/// Base 64 (RFC 4648) with padding.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let taken = min(3, bytes.count - start)
            let word = (0..<3).reduce(0) { $0 << 8 | ($1 < taken ? Int(bytes[start + $1]) : 0) }
            for letter in 0..<4 {
                text.append(letter <= taken ? alphabet[word >> (18 - 6 * letter) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
