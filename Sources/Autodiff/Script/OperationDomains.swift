import Scripting
import Tensors

// Parameters of operations: operands, dimensions, masks, positions.

extension Operand {
    /// Nil for a value that is neither a tensor nor a number.
    init?(_ value: Value) {
        if case .object(let object) = value {
            guard let variable = object as? Variable else { return nil }
            self = .tensor(variable)
        } else {
            guard let number = Scalar(value) else { return nil }
            self = .number(number)
        }
    }

    /// Two operands; a number takes the other's dtype. Nil where both are numbers.
    static func pair(_ x: Operand, _ y: Operand) throws -> (x: Variable, y: Variable)? {
        switch (x, y) {
        case (.tensor(let x), .tensor(let y)): (x, y)
        case (.tensor(let x), .number(let y)): (x, Variable(try y.tensor(beside: x.dtype)))
        case (.number(let x), .tensor(let y)): (Variable(try x.tensor(beside: y.dtype)), y)
        case (.number, .number): nil
        }
    }
}

// MARK: Dimensions

extension Domain<Int> {
    /// A dimension as scripts count, from 1, or from the end if negative. Whether it exists depends on the tensor.
    static var dimension: Domain { .integer.asking(for: "a dimension") }

    /// A dimension, or a table that holds one.
    static var oneDimension: Domain {
        Domain<[Int]>.dimensions.map(expected: "a dimension") { $0.count == 1 ? $0[0] : nil }
    }
}

extension Domain<[Int]> {
    /// A dimension, or a table of them.
    static var dimensions: Domain { .oneOrMore(.dimension) }
}

extension Parameter<[Int]?> {
    /// The dimensions to reduce.
    static var dim: Parameter {
        .argument("dim", .optional(.dimensions), "a dimension, or a table of them; all of them by default")
    }

    /// The dimension to work along, for operations that otherwise take all elements as one row.
    static var oneDim: Parameter { .argument("dim", .optional(.dimensions), "all elements as one row by default") }
}

extension Parameter<Int> {
    /// The dimension to work along.
    static var alongDim: Parameter { .argument("dim", .oneDimension) }
}

extension Parameter<Bool> {
    static var keepdim: Parameter {
        .argument("keepdim", .flag, default: false, "whether dimensions that are reduced stay, with extent 1")
    }
}

extension Parameter<Variable> {
    /// The receiver x, of any shape.
    static var x: Parameter { .argument("x", .tensor) }
}

extension Variable {
    /// The 0-based axis for a script's dimension.
    /// - Parameter rank: the number of dimensions, if they are those of another tensor.
    func axis(_ dimension: Int, _ name: String = "dim", rank: Int? = nil) throws -> Int {
        let rank = rank ?? shape.count
        guard let axis = zeroBased(dimension, count: rank) else {
            throw Fault(name, Variable.noDimension(dimension, rank: rank))
        }
        return axis
    }

    static func noDimension(_ dimension: Int, rank: Int) -> String {
        switch rank {
        case 0: "a tensor without dimensions has no dimension \(dimension)"
        case 1: "dimension 1 (or -1) expected, got \(dimension)"
        default: "a dimension from 1 to \(rank) (or -\(rank) to -1) expected, got \(dimension)"
        }
    }

    /// The 0-based axes of a reduction; nil, for all of them, also for an empty list and for a tensor without
    /// dimensions, which is taken as a row of one number: both as in PyTorch.
    func axes(_ dimensions: [Int]?) throws -> [Int]? {
        guard let dimensions, !dimensions.isEmpty else { return nil }
        let axes = try dimensions.map { try axis($0, rank: max(shape.count, 1)) }
        guard Set(axes).count == axes.count else { throw Fault("dim", "a dimension is named twice") }
        return shape.isEmpty ? nil : axes
    }

    /// The one dimension that is asked for; nil for all elements as one row.
    func oneDimension(_ dimensions: [Int]?) throws -> Int? {
        _ = try axes(dimensions)
        guard let dimensions, !dimensions.isEmpty else { return nil }
        guard dimensions.count == 1 else {
            throw Fault("dim", "one dimension expected, got \(dimensions.count) of them")
        }
        return dimensions[0]
    }

    /// The axis to work along; nil for all elements as one row, as which a tensor without dimensions is taken.
    func oneAxis(_ dimensions: [Int]?) throws -> Int? {
        guard let dimension = try oneDimension(dimensions) else { return nil }
        return shape.isEmpty ? nil : try axis(dimension)
    }

    /// A tensor without dimensions as a row of its one number; any other as it is.
    func asRow() throws -> Variable { shape.isEmpty ? try reshape([1]) : self }

    /// What `work` makes of a tensor along one of its dimensions. As in PyTorch, a tensor without dimensions is taken
    /// as a row of one number there, and what comes of it has no dimensions either.
    func along(_ dimension: Int, _ work: (Variable, Int) throws -> [Variable]) throws -> [Variable] {
        let row = try asRow()
        let results = try work(row, row.axis(dimension))
        return shape.isEmpty ? try results.map { try $0.reshape([]) } : results
    }

    /// The same with one result.
    func along(_ dimension: Int, _ work: (Variable, Int) throws -> Variable) throws -> Variable {
        try along(dimension) { [try work($0, $1)] }[0]
    }
}

// MARK: Elements

/// 1 where an element is neither 0 nor 1.
private struct IsNoMask: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x == 0 || x == 1 ? 0 : 1 }
}

extension Domain<Variable> {
    /// A mask: bool, or zeros and ones. Positions, such as those that sort returns, would select everything and are
    /// refused.
    static var mask: Domain {
        tensor.map(show: { _ in "mask" }) { mask in
            if mask.dtype == .bool { return mask }
            guard try mask.value.map(IsNoMask()).sum(Array(mask.shape.indices)).item() > 0 else { return mask }
            let wrong = try mask.value.toArray().first { $0 != 0 && $0 != 1 } ?? .nan
            throw Fault(
                """
                a mask holds 0 and 1 only, this one holds \(Value.number(wrong).shown); a comparison such as x:ne(0) \
                makes one, and x[i] or x:gather(dim, i) take the elements at positions i
                """)
        }
    }

    /// Positions: a tensor, or a table of them.
    static var positions: Domain {
        let type = ScriptType.either([.object(Variable.type.name), .list(.integer)])
        return Domain(type, expected: "a vector or a table of numbers", show: { _ in "index" }) { value in
            switch value {
            case .object(let object): return object as? Variable
            case .table(let table):
                return try table.numbers().map { Variable(try Tensor($0, shape: [$0.count], .float64)) }
            default: return nil
            }
        }
    }
}

extension Domain<[Variable]> {
    /// A table of one or more tensors.
    static var tensors: Domain {
        list(of: .tensor, expected: "a table of tensors").map { given in
            if given.isEmpty { throw Fault("a table of tensors expected, got an empty one") }
            return given
        }
    }
}

/// The value written over elements of a tensor, in its dtype.
enum Written {
    case tensor(Variable)
    case scalar(Scalar)
}

extension Domain<Written> {
    /// A tensor, a number or a boolean.
    static var written: Domain {
        let type = ScriptType.either([.object(Variable.type.name), .number, .boolean])
        return Domain(type, expected: "a tensor or a number", show: { _ in "value" }) { value in
            if case .object(let object as Variable) = value { return .tensor(object) }
            return Scalar(value, takingBooleans: true).map { .scalar($0) }
        }
    }
}

extension Domain<Value> {
    /// The key of `x[key]`, unchecked: its meaning depends on the shape.
    static func anyIndex(_ type: ScriptType) -> Domain {
        var domain = Domain<Value>.anything
        (domain.type, domain.isOptional) = (type, false)
        return domain
    }
}

// MARK: Results

extension Results<[Variable]> {
    /// A fixed number of tensors.
    static func tensors(_ specs: [ResultSpec]) -> Results { Results(specs) { $0.map { .object($0) } } }

    static var valuesAndIndices: Results {
        .tensors(["values", "indices"].map { ResultSpec($0, .object(Variable.type.name)) })
    }

    static var listOfTensors: Results {
        Results(.list(.object(Variable.type.name))) { .list($0.map { .object($0) }) }
    }
}
