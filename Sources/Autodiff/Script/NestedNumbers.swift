import Scripting
import Tensors

/// Flattens rectangular nested tables of numbers.
struct NestedNumbers {
    private let function: String
    /// The dtype asked for; nil for the elements to decide.
    private let dtype: DType?
    private var values: [Double] = []
    /// The elements when integers are asked for: an integer may have more digits than a double.
    private var integers: [Int] = []
    private var shape: [Int]?
    private var extents: [Int] = []
    /// The dtype that holds all elements that are tensors or booleans; nil while there are none.
    private var joined: DType?
    /// How many elements were tensors or booleans.
    private var typed = 0

    init(function: String, dtype: DType?) { (self.function, self.dtype) = (function, dtype) }

    /// The tensor, in the dtype asked for; else in one that holds all elements that are tensors or booleans (which
    /// count as bool), where Lua numbers count as float32.
    func tensor() throws -> Tensor {
        let shape = shape ?? []
        let type = dtype?.working ?? (typed == values.count ? joined : joined?.joined(with: .float32)) ?? .float32
        guard !type.isFloating else { return try Tensor(values, shape: shape, type) }
        let whole = try Tensor(integers: integers, shape: shape)
        return type == .bool ? try whole.cast(.bool) : whole
    }

    private var takesIntegers: Bool { dtype.map { !$0.isFloating } ?? false }

    private mutating func note(_ type: DType) {
        joined = joined.map { $0.joined(with: type) } ?? type.working
        typed += 1
    }

    mutating func read(_ value: Value, depth: Int) throws {
        // A table that contains itself has no end.
        guard depth <= 32 else { throw ScriptError(function, "tables nested more than 32 deep") }
        if case .table(let table) = value {
            if let key = try table.strayKey() {
                throw ScriptError(
                    function,
                    "a table of numbers expected, got one with the key \(key.shown); options stand in a table of "
                        + "their own, behind it"
                )
            }
            let count = try table.count
            if depth == extents.count {
                guard shape == nil else { throw ragged("a table where a number was expected") }
                extents.append(count)
            }
            guard count == extents[depth] else { throw ragged("a row of \(count) among rows of \(extents[depth])") }
            if !takesIntegers, let numbers = try table.numbers(), !numbers.isEmpty {
                try closeShape(depth + 1)
                values += numbers
            } else {
                for element in try table.elements() { try read(element, depth: depth + 1) }
            }
            if count == 0 { try closeShape(depth + 1) }
            return
        }
        try closeShape(depth)
        try append(value)
    }

    private mutating func append(_ value: Value) throws {
        if case .object(let object as Variable) = value, object.value.count == 1, object.shape.isEmpty {
            note(object.dtype)
            // An element of an int64 tensor is read as an integer, exactly.
            if !takesIntegers, case .integer(let integer) = try object.value.scalar() { return append(integer) }
            return try append(object.value.scalar())
        }
        if case .boolean(let flag) = value {
            note(.bool)
            return append(flag ? 1 : 0)
        }
        guard let number = value.asNumber else {
            throw ScriptError(function, "a number or a table of numbers expected, got \(value.shown)")
        }
        guard takesIntegers, let dtype else { return values.append(number) }
        guard let integer = value.asInteger, dtype != .bool || integer == 0 || integer == 1 else {
            throw ScriptError(
                function,
                "\(value.shown) can't be cast to \(dtype.rawValue): "
                    + "\(dtype == .bool ? "0, 1, false or true" : "a whole number") expected"
            )
        }
        append(integer)
    }

    private mutating func append(_ integer: Int) {
        values.append(Double(integer))
        integers.append(integer)
    }

    private mutating func closeShape(_ depth: Int) throws {
        if shape == nil { shape = extents }
        guard depth == extents.count else { throw ragged("a number where a table was expected") }
    }

    private func ragged(_ what: String) -> ScriptError {
        ScriptError(function, "the tables are not rectangular: \(what)")
    }
}
