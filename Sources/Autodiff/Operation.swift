import Scripting
import Tensors

/// An operation on tensors as the catalogue lists it: its Lua face, its documentation, and cases for the law tests.
///
/// A new operation is one file (the computation on ``Variable``, the gradient rule, and a static `Operation`) and one
/// line in ``Operation/catalogue``: it is then a function of the module, a method, documented and tested.
public struct Operation: Sendable {
    public let function: NativeFunction
    /// Whether `x:name(...)` works too.
    public let isMethod: Bool
    /// How `x:name_(...)` is called, which writes the result over x; nil if there is no such method.
    public let inPlace: InPlaceForm?
    public let cases: [LawCase]

    /// - Parameters:
    ///   - name: the short name; messages say `tensor.name`.
    ///   - parameters: those behind the tensor, which scripts give by place or, in a last table, by name; the body finds
    ///     all of them by place.
    ///   - inPlace: of an operation whose result has the shape of the tensor.
    public init(
        _ name: String, _ documentation: Documentation, isMethod: Bool = true, takes parameters: [NamedParameter] = [],
        inPlace: InPlaceForm? = nil, cases: [LawCase] = [], body: @escaping NativeFunction.Body
    ) {
        let placing: NativeFunction.Body = { arguments in try body(arguments.placed(parameters)) }
        function = NativeFunction("tensor.\(name)", documentation, body: parameters.isEmpty ? body : placing)
        self.isMethod = isMethod
        self.inPlace = inPlace
        self.cases = cases
    }

    /// - Parameters:
    ///   - example: what stands in the parentheses of an example of `x:name_(...)`, for x = tensor({0.5}); nil for an operation
    ///     whose result has another shape than x.
    public init(_ declaration: Declaration, inPlace example: String? = nil, cases: [LawCase] = []) {
        function = NativeFunction(declaration)
        isMethod = declaration.style == .both
        inPlace = example.map { InPlaceForm(declaration.parametersBehindReceiver, example: $0) }
        self.cases = cases
    }

    public var name: String { function.shortName }
}

extension Declaration {
    /// `min, max`
    fileprivate var parametersBehindReceiver: String {
        forms[0].specs.dropFirst().map(\.name).joined(separator: ", ")
    }
}

/// An operation's method that writes over its receiver: what stands in its parentheses.
public struct InPlaceForm: Sendable {
    /// As the signature shows them: `min, max`.
    public let parameters: String
    /// For a tensor of one number, 0.5.
    public let example: String

    public init(_ parameters: String = "", example: String = "") {
        (self.parameters, self.example) = (parameters, example)
    }
}

/// Inputs on which a law test differentiates an operation, in float64, against finite differences.
public struct LawCase: Sendable {
    /// A tensor of numbers spread over a range.
    public struct Input: Sendable {
        public let shape: [Int]
        public let range: ClosedRange<Double>

        public init(_ shape: [Int], _ range: ClosedRange<Double> = -2...2) {
            self.shape = shape
            self.range = range
        }
    }

    public let label: String
    public let inputs: [Input]
    public let apply: @Sendable ([Variable]) throws -> Variable

    public init(_ label: String, _ inputs: [Input], apply: @escaping @Sendable ([Variable]) throws -> Variable) {
        self.label = label
        self.inputs = inputs
        self.apply = apply
    }
}

extension Operation {
    /// An operation on every element of one tensor.
    ///
    /// - Parameter ranges: where the law tests sample it.
    static func unary(
        _ name: String, _ summary: String, errors: String? = nil, source: String? = nil,
        over ranges: [ClosedRange<Double>] = [-2...2], example: String,
        _ apply: @escaping @Sendable (Variable) throws -> Variable
    ) -> Operation {
        let cases = ranges.flatMap { range in
            [[3], [2, 3], []].map { shape in
                LawCase("\(name) of \(Shape.describe(shape)) in \(range)", [.init(shape, range)]) { try apply($0[0]) }
            }
        }
        return Operation(
            name, Documentation("tensor.\(name)(x) -> tensor\nx:\(name)() -> tensor", summary, errors: errors, source: source, example: example),
            inPlace: .init(), cases: cases
        ) { arguments in
            try arguments.atMost(1)
            return [.object(try apply(arguments.variable(1, "x")))]
        }
    }

    /// An operation on the elements of two, broadcast; one of them may be a number.
    static func binary(
        _ name: String, _ summary: String, errors: String? = nil, source: String? = nil,
        over ranges: (ClosedRange<Double>, ClosedRange<Double>)? = (-2...2, -2...2), example: String,
        refusing: @escaping @Sendable (Arguments) throws -> Void = { _ in },
        _ apply: @escaping @Sendable (Variable, Variable) throws -> Variable
    ) -> Operation {
        let cases = ranges.map { x, y in
            [([3], [3]), ([2, 3], [3]), ([2, 1], [1, 3]), ([], [2, 2])].map { a, b in
                LawCase("\(name) of \(Shape.describe(a)), \(Shape.describe(b))", [.init(a, x), .init(b, y)]) { try apply($0[0], $0[1]) }
            }
        }
        return Operation(
            name, Documentation("tensor.\(name)(x, y) -> tensor\nx:\(name)(y) -> tensor", summary, errors: errors, source: source, example: example),
            inPlace: .init("y", example: "2"), cases: cases ?? []
        ) { arguments in
            try arguments.atMost(2)
            try refusing(arguments)
            let (x, y) = try arguments.operands()
            return [.object(try apply(x, y))]
        }
    }
}

extension [NamedParameter] {
    /// What every reduction takes.
    static let reduction: [NamedParameter] = [.list("dim"), "keepdim"]
}

extension Arguments {
    /// The two operands of an operator: tensors, or a tensor and a number, which takes a float tensor's dtype.
    func operands() throws -> (Variable, Variable) {
        switch (self[1], self[2]) {
        case (.object(let x as Variable), .object(let y as Variable)): return (x, y)
        case (.object(let x as Variable), let value):
            guard let number = Scalar(value) else { throw error(2, "y", expected: "a tensor or a number") }
            return (x, Variable(try number.tensor(beside: x.dtype)))
        case (let value, .object(let y as Variable)):
            guard let number = Scalar(value) else { throw error(1, "x", expected: "a tensor or a number") }
            return (Variable(try number.tensor(beside: y.dtype)), y)
        default:
            throw error(self[1].asNumber == nil ? 1 : 2, self[1].asNumber == nil ? "x" : "y", expected: "a tensor")
        }
    }

    /// A 1-based dimension of a tensor of the given rank; negative ones count from the end. Returns it 0-based.
    func axis(_ position: Int, _ name: String = "dim", rank: Int) throws -> Int {
        try axis(self[position], position, name, rank: rank)
    }

    func axis(_ value: Value, _ position: Int, _ name: String, rank: Int) throws -> Int {
        guard let dimension = value.asInteger, let axis = zeroBased(dimension, count: rank) else {
            throw ScriptError(
                function,
                "\(label(position, name)): "
                    + (rank == 0 ? "a tensor without dimensions has none; got " : "a dimension from 1 to \(rank) (or -\(rank) to -1) expected, got ")
                    + value.shown)
        }
        return axis
    }

    /// Dimensions to reduce over: nil when absent (all of them), else one number or a table of them.
    func axes(_ position: Int, rank: Int) throws -> [Int]? {
        if isNil(position) { return nil }
        guard case .table(let table) = self[position] else { return [try axis(position, rank: rank)] }
        let listed = try table.list(for: function)
        // As in PyTorch, no dimension named is all of them.
        if listed.isEmpty { return nil }
        let axes = try listed.map { try axis($0, position, "dim", rank: rank) }
        guard Set(axes).count == axes.count else { throw error("\(label(position, "dim")): a dimension is named twice") }
        return axes
    }

    /// `(dim, keepdim)` behind a tensor.
    func reductionCall(rank: Int) throws -> (axes: [Int]?, keep: Bool) {
        (try axes(2, rank: rank), try boolean(3, "keepdim", default: false))
    }

    /// ``reductionCall(rank:)`` for what works along one dimension only.
    func alongOne(rank: Int) throws -> (axis: Int?, keep: Bool) {
        let (axes, keep) = try reductionCall(rank: rank)
        guard axes.map({ $0.count == 1 }) ?? true else { throw error(2, "dim", expected: "one dimension") }
        return (axes?[0], keep)
    }

    /// `dim` behind a tensor, which has to be given.
    func dimension(rank: Int) throws -> Int {
        guard let axis = try alongOne(rank: rank).axis else { throw error(2, "dim", expected: "a dimension") }
        return axis
    }

    /// A number that may be infinite, but not NaN.
    func ordered(_ position: Int, _ name: String, default fallback: Double) throws -> Double {
        let number = try number(position, name, default: fallback)
        guard !number.isNaN else { throw error(position, name, expected: "a number") }
        return number
    }

    /// A tensor that says which elements are meant: bool, or of zeros and ones.
    ///
    /// - Throws: for any other element: positions such as those that sort returns would pick, as a mask, everything.
    func mask(_ position: Int, _ name: String = "mask") throws -> Variable {
        let mask = try variable(position, name)
        if mask.dtype == .bool { return mask }
        guard try mask.value.map(IsNoMask()).sum(Array(mask.shape.indices)).item() > 0 else { return mask }
        let values = try mask.value.toArray()
        let wrong = values.first { $0 != 0 && $0 != 1 } ?? .nan
        throw error(
            "a mask holds 0 and 1 only, this one holds \(Value.number(wrong).shown); a comparison such as x:ne(0) makes one, "
                + "and x[i] or x:gather(dim, i) take the elements at positions i")
    }

    /// All tensors of a table, at least one.
    func variables(_ position: Int, _ name: String) throws -> [Variable] {
        let elements = try table(position, name).elements()
        let variables = try elements.enumerated().map { index, value in
            guard case .object(let object) = value, let variable = object as? Variable else {
                throw ScriptError(function, "argument \(position) (\(name)): element \(index + 1): a tensor expected, got \(value.shown)")
            }
            return variable
        }
        guard !variables.isEmpty else { throw error(position, name, expected: "a table of tensors") }
        return variables
    }

    /// A scalar option such as a bound or an exponent, from a tensor of one element or a number.
    func variableOrNumber(_ position: Int, _ name: String, like x: Variable) throws -> Variable {
        if let number = Scalar(self[position]) { return Variable(try number.tensor(beside: x.dtype)) }
        guard case .object(let object) = self[position], let variable = object as? Variable else {
            throw error(position, name, expected: "a tensor or a number")
        }
        return variable
    }
}

/// 1 where an element is neither 0 nor 1.
private struct IsNoMask: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x == 0 || x == 1 ? 0 : 1 }
}

/// 1-based or negative -> 0-based; nil when out of range.
func zeroBased(_ index: Int, count: Int) -> Int? {
    if index >= 1, index <= count { return index - 1 }
    if index <= -1, index >= -count { return count + index }
    return nil
}
