import Scripting

// Domains of parameters of mathematical functions: tensors, numbers beside them, shapes, dimensions, dtypes.

extension Domain<Variable> {
    /// A tensor, recorded or not; a table is refused with the way to make a tensor of it.
    public static var tensor: Domain {
        Domain(.object(Variable.type.name), expected: "a tensor", show: { _ in "tensor" }) { value in
            switch value {
            case .object(let object): return object as? Variable
            case .table: throw Fault("a tensor (of a table of numbers, tensor(t) makes one) expected, got table")
            default: return nil
            }
        }
    }
}

extension Domain<Tensor> {
    /// A tensor's numbers, without its history.
    public static var plainTensor: Domain { Domain<Variable>.tensor.map(show: { _ in "tensor" }) { $0.value } }
}

extension Results<Variable> {
    /// A tensor with its record for gradients, if it has one.
    public static var tensor: Results { Results(.object(Variable.type.name)) { .object($0) } }
}

extension Results<Tensor> {
    /// A tensor without a record.
    public static var plainTensor: Results { Results(.object(Variable.type.name)) { .tensor($0) } }
}

/// A tensor, or a number that takes the dtype of a tensor beside it.
public enum Operand {
    /// Has its own dtype.
    case tensor(Variable)
    /// Takes the other operand's dtype; beside int64 and bool it has its own.
    case number(Scalar)

    /// The tensor's; nil for a number, which takes another one's.
    public var dtype: DType? { if case .tensor(let variable) = self { variable.dtype } else { nil } }

    /// - Parameter dtype: that of the other operand.
    public func variable(beside dtype: DType) throws -> Variable {
        switch self {
        case .tensor(let variable): variable
        case .number(let number): Variable(try number.tensor(beside: dtype))
        }
    }
}

extension Domain<Operand> {
    /// An integer by its value: 2.0 counts as 2.
    public static var tensorOrNumber: Domain {
        Domain(
            .either([.object(Variable.type.name), .number]), expected: "a tensor or a number",
            show: { operand in
                if case .number(let number) = operand { shown(number.number) } else { "tensor" }
            }
        ) { value in
            if case .object(let object as Variable) = value { return .tensor(object) }
            return Scalar(value).map { .number($0) }
        }
    }
}

/// A number, a tensor, or a table of numbers (nested for more dimensions): a parameter that becomes a tensor once its
/// dtype is known.
public enum Numbers {
    /// One number, of shape ().
    case number(Double)
    /// As given, recorded or not.
    case tensor(Variable)
    /// In row-major order, with the shape of the nesting.
    case table([Double], shape: [Int])

    /// The tensor's dtype; nil for numbers.
    public var dtype: DType? { if case .tensor(let variable) = self { variable.dtype } else { nil } }

    /// The tensor as it is; numbers as a tensor of `dtype`.
    public func variable(_ dtype: DType) throws -> Variable {
        switch self {
        case .number(let number): Variable(try Tensor(number, dtype))
        case .tensor(let variable): variable
        case .table(let values, let shape): Variable(try Tensor(values, shape: shape, dtype))
        }
    }
}

extension Domain<Numbers> {
    /// Numbers are kept as they are until the dtype is known.
    public static var numbers: Domain {
        let type = ScriptType.either([.number, .object(Variable.type.name), .list(.number)])
        return Domain(
            type, expected: "a number, a tensor or a table of numbers",
            show: { numbers in
                if case .number(let number) = numbers { shown(number) } else { "numbers" }
            }
        ) { value in
            if let number = value.asNumber { return .number(number) }
            switch value {
            case .object(let object as Variable): return .tensor(object)
            case .table(let table):
                var reader = NumberTable()
                try reader.read(table, depth: 0)
                return .table(reader.values, shape: reader.shape)
            default: return nil
            }
        }
    }
}

/// Reads rectangular nested tables of numbers.
private struct NumberTable {
    var values: [Double] = []
    var shape: [Int] = []
    private var depth: Int?

    init() {}

    mutating func read(_ table: any ScriptTable, depth level: Int) throws {
        // A table may contain itself.
        guard level < 16 else { throw Fault("tables nested deeper than 16") }
        let expected = "a rectangular table of numbers expected"
        let count = try table.count
        guard count > 0 else { throw Fault("\(expected), got an empty one") }
        if level == shape.count, depth == nil { shape.append(count) }
        guard level < shape.count else { throw Fault(expected) }
        guard shape[level] == count else {
            throw Fault("\(expected), got rows of \(shape[level]) and \(count)")
        }
        if let numbers = try table.numbers() {
            guard depth == nil || depth == level else { throw Fault(expected) }
            depth = level
            values += numbers
            return
        }
        let elements = try table.elements()
        if elements[0].asNumber != nil, let bad = elements.firstIndex(where: { $0.asNumber == nil }) {
            throw Fault("a number expected at index \(bad + 1) of the table, got \(elements[bad].shown)")
        }
        for (index, element) in elements.enumerated() {
            guard case .table(let row) = element else {
                throw Fault(
                    "a number or a table of numbers expected at index \(index + 1) of the table, got \(element.shown)")
            }
            try read(row, depth: level + 1)
        }
    }
}

extension Domain<DType> {
    /// One of `"float32"`, `"float64"`, `"int64"`, `"bool"`.
    public static var dtype: Domain { .choice(DType.computed) }
    /// The dtypes of functions with fractions as results: `"float32"`, `"float64"`.
    public static var floatingDType: Domain { .choice([.float32, .float64]) }
}

extension Domain<[Int]> {
    /// A shape as one argument: `{2, 3}`, or an integer for one dimension.
    public static var shape: Domain {
        let type = ScriptType.either([.list(.integer), .integer])
        return Domain(
            type, expected: "a shape such as {2, 3}", show: { "{\($0.map(String.init).joined(separator: ", "))}" }
        ) { value in
            switch value {
            case .table(let table): return try extents(table.sequence())
            case .integer, .number: return try extents([value])
            default: return nil
            }
        }
    }

    private static func extents(_ sizes: [Value]) throws -> [Int] {
        try sizes.enumerated().map { index, value in
            guard let extent = value.asInteger, extent >= 0 else {
                throw Fault("size \(index + 1): a whole number from 0 expected, got \(value.shown)")
            }
            return extent
        }
    }
}

extension Parameter<Generator> {
    /// The option `generator`; the global generator by default.
    public static var generator: Parameter {
        let domain = Domain<Generator?>.optional(
            .object(Generator.type).asking(for: "a generator (random.generator(seed))"))
        let note = "draws from it instead of the global one"
        return Parameter<Generator?>.option("generator", domain, note).inContext {
            $0 ?? $1.service(GlobalGenerator.self).generator
        }
    }
}

/// A tensor with its name in a table.
public typealias NamedTensor = (name: ByteString, value: Variable)

extension Domain<[NamedTensor]> {
    /// `{name = tensor, ...}`, in the order of the table.
    public static var namedTensors: Domain {
        let type = ScriptType.map(.object(Variable.type.name))
        return Domain(type, expected: "a table {name = tensor}", show: { _ in "{}" }) { value in
            guard case .table(let table) = value else { return nil }
            return try table.entries().map { key, value in
                guard case .string(let name) = key, case .object(let variable as Variable) = value else {
                    throw Fault("a table from names to tensors expected, got \(key.shown) = \(value.shown)")
                }
                return (name, variable)
            }
        }
    }
}

extension Domain<any ScriptTable> {
    /// Texts by name, which checkpoint.load returns after the tensors.
    public static var texts: Domain {
        let tables = Domain.table(.map(.string), expected: "a table of texts, such as checkpoint.load returns,")
        return tables.map(show: { _ in "{}" }) { table in
            try table.entries().allSatisfy { if case .string = $0.value { true } else { false } } ? table : nil
        }
    }
}

extension Results<[(name: String, value: Variable)]> {
    /// A table `{name = tensor, ...}`.
    public static var namedTensors: Results {
        Results(.map(.object(Variable.type.name))) { .record($0.map { (key: $0.name, value: .object($0.value)) }) }
    }
}

extension Results<[Variable]> {
    /// A list of tensors.
    public static var tensors: Results { Results(.list(.object(Variable.type.name))) { .list($0.map { .object($0) }) } }
}

extension Results<(Variable, Variable)> {
    /// Two tensors with names.
    public static func tensors(_ first: String, _ second: String) -> Results {
        let type = ScriptType.object(Variable.type.name)
        return Results([ResultSpec(first, type), ResultSpec(second, type)]) { [.object($0.0), .object($0.1)] }
    }
}

extension Parameter<[Int]> {
    /// A shape given as all following arguments, `2, 3`, or as one table, `{2, 3}`.
    public static func sizes(from least: Int = 0, _ note: String = "sizes, or one table of them") -> Parameter {
        .restOrTable("d", .integer(from: least), note)
    }
}

extension Domain<Double> {
    /// A number that may be infinite, but not NaN.
    public static var ordered: Domain { number.map(show: number.show) { $0.isNaN ? nil : $0 } }
}

extension Domain<Scalar> {
    /// A number; an integer keeps all its digits.
    public static var scalar: Domain {
        Domain(.number, expected: "a number", show: { shown($0.number) }) { Scalar($0) }
    }

    /// A number or a boolean: what may be written into a tensor.
    public static var scalarOrFlag: Domain {
        Domain(.either([.number, .boolean]), expected: "a number", show: { shown($0.number) }) {
            Scalar($0, takingBooleans: true)
        }
    }
}

extension Domain<[Double]> {
    /// The numbers of a tensor, in row-major order, or of a table.
    public static var flatNumbers: Domain {
        let type = ScriptType.either([.object(Variable.type.name), .list(.number)])
        return Domain(type, expected: "a tensor or a table of numbers", show: { _ in "numbers" }) { value in
            switch value {
            case .object(let object): try (object as? Variable)?.value.toArray()
            case .table(let table): try table.numbers()
            default: nil
            }
        }
    }
}
