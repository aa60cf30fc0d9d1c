import Scripting
import Tensors

/// The format of the MNIST files: two zero bytes, an element type, the rank, the extents and the numbers, most
/// significant byte first. http://yann.lecun.com/exdb/mnist
public enum IDX {
    /// Reads all arrays in the file, of which most have one. A gzip file is decompressed.
    ///
    /// Images of small integers (two or more dimensions, at most 16 bits) and float32 become float32; labels, which
    /// have one dimension, and wider integers become int64.
    /// - Throws: ``ScriptError`` when the file is not IDX, or has more or fewer numbers than its extents say. Extents
    ///   that the file cannot fill are refused before memory is allocated; a gzip file may decompress to 1 GiB.
    public static func load(_ path: some ByteStringConvertible, for operation: String = "data.idx") throws -> [Tensor] {
        let file = try InputFile(path, for: operation)
        guard file.size > 0 else { throw file.report.error("the file is empty") }
        let isGzip = try file.beginning(2) == [0x1f, 0x8b]
        let source: any ByteSource = isGzip ? try GzipSource(file) : FileSource(file)
        var arrays: [Tensor] = []
        repeat {
            guard arrays.count < limit else { throw file.report.error("more than \(limit) arrays in one IDX file") }
            arrays.append(try array(source))
        } while try !source.atEnd()
        return arrays
    }

    /// The most arrays in a file. Data sets have a few; a million of one number each would take hundreds of megabytes
    /// from a few kilobytes.
    static let limit = 1000

    private static func array(_ source: any ByteSource) throws -> Tensor {
        let report = source.report
        let head = try source.bytes(4, "an IDX header")
        guard head[0] == 0, head[1] == 0, let element = element(head[2]) else {
            throw report.error("not an IDX array: it begins with \(head.map(String.init).joined(separator: " "))")
        }
        // The rank is one byte, but arrays have only a few dimensions.
        guard head[3] <= 64 else { throw report.error("an IDX array of \(head[3]) dimensions") }
        let extents = try source.bytes(Int(head[3]) * 4, "the IDX extents")
        let shape = (0..<Int(head[3])).map { axis in extents[axis * 4..<axis * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
        let count = try report.naming { try Shape.count(shape, for: "an IDX array") }
        guard let bytes = element.byteCount(count) else { throw report.error("an IDX array of \(count) elements") }
        try source.check(bytes, "an IDX array of shape \(Shape.describe(shape))")
        let storage = try element.storage(count: count, .big, asFloat32: shape.count != 1, report) { buffer in
            try source.read(into: buffer, "an IDX array of shape \(Shape.describe(shape))")
        }
        return Tensor(storage, shape: shape)
    }

    private static func element(_ code: UInt8) -> FileElement? {
        switch code {
        case 8: .uint8
        case 9: .int8
        case 11: .int16
        case 12: .int32
        case 13: .float32
        case 14: .float64
        default: nil
        }
    }
}
