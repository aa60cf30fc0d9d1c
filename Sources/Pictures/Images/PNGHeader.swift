import Scripting

/// The first 29 bytes of a PNG: what it holds and how large it is, known before anything is allocated.
package struct PNGHeader: Equatable {
    static let length = 29
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    package let width: Int
    package let height: Int
    /// False for greyscale, with or without alpha; true for RGB and palettes, whatever colours these hold.
    let isColored: Bool

    /// - Parameter file: how messages call the file.
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
        switch bytes[25] {
        case 0, 4: isColored = false
        case 2, 3, 6: isColored = true
        default: throw ScriptError(operation, "\(file): \(bytes[25]) is no PNG colour type")
        }
        self.width = width
        self.height = height
    }
}
