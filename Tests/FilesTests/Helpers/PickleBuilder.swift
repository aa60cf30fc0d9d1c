/// Pickle opcodes, for building pickles that Python would never write.
enum Pickle {
    static let proto: [UInt8] = [0x80, 2]
    static let stop: [UInt8] = [0x2e]
    static let mark: [UInt8] = [0x28]
    static let reduce: [UInt8] = [0x52]
    static let build: [UInt8] = [0x62]
    static let emptyTuple: [UInt8] = [0x29]
    static let emptyList: [UInt8] = [0x5d]
    static let emptyDict: [UInt8] = [0x7d]
    static let setItems: [UInt8] = [0x75]
    static let append: [UInt8] = [0x61]

    static func global(_ module: String, _ name: String) -> [UInt8] { [0x63] + Array("\(module)\n\(name)\n".utf8) }
    static func text(_ string: String) -> [UInt8] { [0x58] + word(string.utf8.count, 4) + Array(string.utf8) }
    static func integer(_ value: Int) -> [UInt8] { [0x8a, 8] + word(value, 8) }
    static func tuple(_ items: [[UInt8]]) -> [UInt8] { mark + items.joined() + [0x74] }

    static func storage(_ key: String = "0", type: String = "FloatStorage", count: Int) -> [UInt8] {
        tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count)]) + [0x51]
    }

    static func tensor(_ storage: [UInt8], offset: Int = 0, _ shape: [Int], _ strides: [Int]) -> [UInt8] {
        global("torch._utils", "_rebuild_tensor_v2")
            + tuple([
                storage, integer(offset), tuple(shape.map(integer)), tuple(strides.map(integer)), [0x89],
                global("collections", "OrderedDict") + emptyTuple + reduce,
            ]) + reduce
    }

    /// A complete pickle of the dictionary `{name: value, ...}`.
    static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
        proto + emptyDict + mark + items.flatMap { text($0.0) + $0.1 } + setItems + stop
    }
}
