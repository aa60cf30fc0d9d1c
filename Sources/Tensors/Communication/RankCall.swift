import Scripting

/// What each rank sends to all others before an exchange: which call it is in, and with what. 640 bytes.
///
/// Byte 0 is the status, 1 the length of the call's text, 2 and 3 that of a failure's message. The text begins at byte
/// 8 and has room for 88; at 96 follow the digest, dtype and dimensions that are compared, or the message.
struct RankCall {
    static let length = 640
    private static let textStart = 8, messageStart = 96, shapeStart = 112

    enum Status: UInt8 { case call, failed, ended }

    var status = Status.call
    /// The call as messages show it: `mpi.allreduce (sum)`.
    var text = ""
    /// A hash of everything that must be equal on all ranks.
    var digest: UInt64 = 0
    /// The dtype of the tensor, or of the first of several.
    var dtype = DType.float32
    var shape: [Int] = []
    var message = ""

    init(_ text: String) { self.text = text }

    init(_ text: String, _ tensors: [Tensor]) {
        self.text = text
        (dtype, shape) = (tensors.first?.dtype ?? .float32, tensors.first?.shape ?? [])
        var hash = WordHash()
        for tensor in tensors {
            hash.add(UInt64(tensor.dtype.place))
            hash.add(UInt64(tensor.rank))
            for extent in tensor.shape { hash.add(UInt64(extent)) }
            // The order of elements in memory, if it is not row-major: they are sent in that order.
            guard !tensor.isContiguous, tensor.layout.isDense else { continue }
            for step in tensor.strides { hash.add(UInt64(bitPattern: Int64(step))) }
        }
        digest = hash.value
    }

    init(failed error: any Error, _ text: String) {
        self.init(text)
        (status, message) = (.failed, (error as? Fault)?.message ?? "\(error)")
    }

    static var ended: RankCall {
        var call = RankCall("")
        call.status = .ended
        return call
    }

    /// Dtype and shape: `float32 (2, 3)`.
    var described: String { "\(dtype.rawValue) \(Shape.describe(shape))" }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RankCall.length)
        func put(_ text: String, at start: Int, atMost room: Int) -> Int {
            let utf8 = Array(text.utf8.prefix(room))
            bytes.replaceSubrange(start..<start + utf8.count, with: utf8)
            return utf8.count
        }
        func put(_ word: UInt64, at start: Int) {
            for i in 0..<8 { bytes[start + i] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(i))) }
        }
        bytes[0] = status.rawValue
        bytes[1] = UInt8(put(text, at: RankCall.textStart, atMost: RankCall.messageStart - RankCall.textStart))
        guard status != .failed else {
            let count = put(message, at: RankCall.messageStart, atMost: RankCall.length - RankCall.messageStart)
            (bytes[2], bytes[3]) = (UInt8(count & 255), UInt8(count >> 8))
            return bytes
        }
        put(digest, at: RankCall.messageStart)
        bytes[RankCall.messageStart + 8] = UInt8(dtype.place)
        bytes[RankCall.messageStart + 9] = UInt8(min(shape.count, Shape.maxRank))
        for (axis, extent) in shape.prefix(Shape.maxRank).enumerated() {
            put(UInt64(extent), at: RankCall.shapeStart + 8 * axis)
        }
        return bytes
    }

    init(_ bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        func word(_ start: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) } }
        func read(_ start: Int, _ count: Int) -> String {
            String(decoding: bytes[start..<min(start + count, bytes.count)], as: UTF8.self)
        }
        status = Status(rawValue: bytes[0]) ?? .failed
        text = read(RankCall.textStart, Int(bytes[1]))
        guard status != .failed else {
            message = read(RankCall.messageStart, Int(bytes[2]) | Int(bytes[3]) << 8)
            return
        }
        digest = word(RankCall.messageStart)
        dtype = DType.at(Int(bytes[RankCall.messageStart + 8]))
        shape = (0..<min(Int(bytes[RankCall.messageStart + 9]), Shape.maxRank)).map {
            Int(truncatingIfNeeded: word(RankCall.shapeStart + 8 * $0))
        }
    }
}

extension DType {
    fileprivate var place: Int { DType.allCases.firstIndex(of: self) ?? 0 }
    fileprivate static func at(_ place: Int) -> DType { allCases.indices.contains(place) ? allCases[place] : .float32 }
}

/// A hash of words (FNV-1a over 64 bits): it notices accidental differences and is not cryptographic.
public struct WordHash {
    /// The hash of everything added so far, which depends on the order.
    public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The hash of nothing.
    public init() {}

    /// One word.
    public mutating func add(_ word: UInt64) {
        // Without it, differences in high bits would not affect the low bits of the hash.
        value = (value ^ word) &* 0x100_0000_01b3
        value ^= value >> 29
    }

    /// Every byte of a text.
    public mutating func add(_ text: String) {
        for byte in text.utf8 { add(UInt64(byte)) }
    }

    /// Adds dtype, shape and every bit of the elements, in row-major order.
    /// - Throws: ``ScriptError`` without memory for a copy in that order; when the run was stopped.
    public mutating func add(_ tensor: Tensor) throws {
        let flat = try tensor.contiguous()
        add(UInt64(flat.dtype.place))
        for extent in flat.shape { add(UInt64(extent)) }
        let bytes = UnsafeRawBufferPointer(
            start: flat.storage.bytes + flat.offset * flat.dtype.stride, count: flat.count * flat.dtype.stride)
        var place = 0
        while place + 8 <= bytes.count {
            add(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            place += 8
            if place & 0xff_ffff == 0 { try Cancellation.check() }
        }
        while place < bytes.count {
            add(UInt64(bytes[place]))
            place += 1
        }
        withExtendedLifetime(flat) {}
    }
}
