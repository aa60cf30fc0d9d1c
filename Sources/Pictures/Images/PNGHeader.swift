import Scripting

/// The first 29 bytes of a PNG: its pixel format and size, known before anything is allocated.
package struct PNGHeader: Equatable {
    static let length = 29
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    package let width: Int
    package let height: Int
    /// False for greyscale, with or without alpha; true for RGB and palettes, whatever colours these contain.
    let isColored: Bool
    private let bitsPerPixel: Int

    /// The least size of the file: deflate makes at most 1032 bytes from one.
    var leastFileSize: Int { (width * bitsPerPixel / 8 * height) / 1032 }

    /// - Parameter file: the file's name in messages.
    package init(_ bytes: some Collection<UInt8>, file: String, for operation: String) throws {
        let bytes = Array(bytes.prefix(PNGHeader.length))
        guard bytes.count >= 8, Array(bytes[0..<8]) == PNGHeader.signature else {
            throw ScriptError(operation, "\(file) is not a PNG file")
        }
        guard bytes.count == PNGHeader.length else { throw ScriptError(operation, "\(file) ends inside its header") }
        func word(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard word(8) == 13, Array(bytes[12..<16]) == Array("IHDR".utf8) else {
            throw ScriptError(operation, "\(file) does not begin with a PNG header")
        }
        let (width, height) = (word(16), word(20))
        do {
            try PixelLimits.check(width: width, height: height, for: operation)
        } catch let error as ScriptError {
            throw ScriptError(operation, "\(file): \(error.message)")
        }
        let depth = Int(bytes[24])
        switch bytes[25] {
        case 0: (isColored, bitsPerPixel) = (false, depth)
        case 2: (isColored, bitsPerPixel) = (true, 3 * depth)
        case 3: (isColored, bitsPerPixel) = (true, depth)
        case 4: (isColored, bitsPerPixel) = (false, 2 * depth)
        case 6: (isColored, bitsPerPixel) = (true, 4 * depth)
        default: throw ScriptError(operation, "\(file): \(bytes[25]) is no PNG colour type")
        }
        self.width = width
        self.height = height
    }
}
