import Scripting
import Tensors

/// The format of the MNIST files: two zero bytes, an element type, the rank, the extents and the numbers, most
/// significant byte first. http://yann.lecun.com/exdb/mnist
public enum IDX {
    /// Reads every array in the file, one after the other; most files hold one. A gzip file is inflated on the way.
    ///
    /// Pictures of small integers (two dimensions and more, up to 16 bits) and float32 become float32; labels, which
    /// have one dimension, and wider integers int64.
    /// - Throws: ``ScriptError`` when the file is not IDX, or the numbers are fewer or more than the extents say.
    ///   Extents that the file cannot fill are refused before memory for them is asked for; a gzip file may inflate to
    ///   1 GiB.
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

    /// Data sets keep a few arrays in a file. A million of one number each would be hundreds of megabytes out of
    /// kilobytes.
    static let limit = 1000

    private static func array(_ source: any ByteSource) throws -> Tensor {
        let report = source.report
        let head = try source.bytes(4, "an IDX header")
        guard head[0] == 0, head[1] == 0, let element = element(head[2]) else {
            throw report.error("not an IDX array: it begins with \(head.map(String.init).joined(separator: " "))")
        }
        // The rank is one byte; the format's own readers know no array of more than a few dimensions.
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
