import Scripting
import Tensors

/// An operation on tensors in the catalogue: its declaration for scripts, and cases for the law tests.
///
/// A new operation is one file (the computation on ``Variable``, the gradient rule, and a static `Operation`) and one
/// line in ``Operation/sections``: it is then a function of the module, a method, documented and tested.
public struct Operation: Sendable {
    /// The function of the module, `tensor.exp`; called as a method where ``isMethod``.
    public let function: NativeFunction
    /// Whether `x:name(...)` works too.
    public let isMethod: Bool
    /// The method `x:name_(...)`, which writes the result over x; nil if there is none.
    public let inPlace: InPlaceForm?
    /// Where the law tests take its derivatives; none for what has no derivative, such as comparisons.
    public let cases: [LawCase]

    /// - Parameters:
    ///   - declaration: the function; with `isMethod` also the method.
    ///   - example: the arguments in the example of `x:name_(...)` for x = tensor({0.5}); nil for an operation whose
    ///     result has another shape than x.
    ///   - start: the number in that x, if the operation gives NaN at 0.5.
    public init(
        _ declaration: Declaration, inPlace example: String? = nil, of start: String = "0.5", cases: [LawCase] = []
    ) {
        self.init(NativeFunction(declaration), declaration, inPlace: example, of: start, cases: cases)
    }

    /// - Parameter function: the declaration as a native function.
    private init(
        _ function: NativeFunction, _ declaration: Declaration, inPlace example: String?, of start: String = "0.5",
        cases: [LawCase]
    ) {
        self.function = function
        isMethod = declaration.style == .both
        inPlace = example.map { InPlaceForm(declaration, example: $0, of: start) }
        self.cases = cases
    }

    /// The name in the module: `exp`.
    public var name: String { function.shortName }
}

/// The method of an operation that writes over its receiver.
public struct InPlaceForm: Sendable {
    /// The parameters in its signature: `min, max`.
    public let parameters: String
    /// The arguments in its example, for a tensor of one number.
    public let example: String
    /// The method as scripts see it: `tensor:exp_`.
    public let function: NativeFunction

    /// The errors that all such methods have.
    static let errors = """
        shapes that do not broadcast; elements that share memory (of an expanded tensor); a leaf that requires a \
        gradient, while recording
        """

    fileprivate init(_ operation: Declaration, example: String, of start: String) {
        let name = operation.name.dropFirst("tensor.".count)
        let parameters = operation.forms[0].specs.dropFirst().map(\.name).joined(separator: ", ")
        (self.parameters, self.example) = (parameters, example)
        function = NativeFunction(
            operation.variation(
                "tensor:\(name)_", "Writes x:\(name)(\(parameters)) over x.", called: .method,
                returns: [ResultSpec(nil, .object(Variable.type.name))], errors: Self.errors,
                source: "torch.Tensor.\(name)_",
                example: """
                    local x = tensor({\(start)})
                    local y = x:\(name)(\(example))
                    assert(x:\(name)_(\(example)) == x and x[{1}] == y[{1}])
                    """,
                see: ["tensor.\(name)"]
            ) { call, run in
                try Self.update(&call, operation.name, run)
            })
    }

    private static func update(
        _ call: inout Call, _ operation: String, _ run: (inout Call) throws -> [Value]
    ) throws -> [Value] {
        let receiver = call.arguments.first ?? .none
        guard case .object(let object) = receiver, let x = object as? Variable else {
            throw Fault("argument 1 (x): a tensor expected, got \(receiver.shown)")
        }
        // In x:mul_(x) an argument shares memory with the receiver: it is copied, as the gradient rule reads it later.
        for (place, value) in call.arguments.enumerated().dropFirst() {
            guard case .object(let other as Variable) = value, other.value.storage === x.value.storage else { continue }
            call.arguments[place] = .object(try other.clone())
        }
        try x.update(call.function) { before in
            call.arguments[0] = .object(before)
            do {
                guard case .object(let result as Variable)? = try run(&call).first else {
                    throw Fault("no tensor came of it")
                }
                return result
            } catch let error as ScriptError where error.operation == operation {
                throw ScriptError(call.function, error.message)
            }
        }
        return [.object(x)]
    }
}

/// Inputs at which the law tests compare an operation's derivatives with finite differences, in float64.
public struct LawCase: Sendable {
    /// A tensor with numbers spread over a range.
    public struct Input: Sendable {
        /// Empty for a single number.
        public let shape: [Int]
        public let range: ClosedRange<Double>

        /// The numbers lie inside the range, whose ends should be clear of jumps and poles.
        public init(_ shape: [Int], _ range: ClosedRange<Double> = -2...2) {
            self.shape = shape
            self.range = range
        }
    }

    /// What a failing test prints.
    public let label: String
    /// The tensors that ``apply`` gets, in this order.
    public let inputs: [Input]
    /// The function whose derivatives are compared; it must be smooth on the ranges of the inputs.
    public let apply: @Sendable ([Variable]) throws -> Variable

    /// The derivatives of `apply` by all inputs are tested.
    public init(_ label: String, _ inputs: [Input], apply: @escaping @Sendable ([Variable]) throws -> Variable) {
        self.label = label
        self.inputs = inputs
        self.apply = apply
    }
}

extension Operation {
    /// An operation on every element of a tensor.
    ///
    /// - Parameters:
    ///   - ranges: of the inputs in the law tests.
    ///   - start: the number in the example of the method in place, if the operation gives NaN at 0.5.
    static func unary(
        _ name: String, _ summary: String, errors: String? = nil, source: String? = nil,
        over ranges: [ClosedRange<Double>] = [-2...2], inPlaceOf start: String = "0.5", example: String,
        _ apply: @escaping @Sendable (Variable) throws -> Variable
    ) -> Operation {
        let cases = ranges.flatMap { range in
            [[3], [2, 3], []].map { shape in
                LawCase("\(name) of \(Shape.describe(shape)) in \(range)", [.init(shape, range)]) { try apply($0[0]) }
            }
        }
        let declaration = Declaration(
            "tensor.\(name)", summary, called: .both, takes: .argument("x", .tensor), returns: .tensor, errors: errors,
            source: source, example: example
        ) { x in try apply(x) }
        return Operation(declaration, inPlace: "", of: start, cases: cases)
    }

    /// An operation on the elements of two tensors, broadcast; one may be a number, which takes a float tensor's dtype.
    ///
    /// - Parameter refusing: returns what is wrong with two operands; nil if nothing is.
    static func binary(
        _ name: String, _ summary: String, errors: String = "shapes that do not broadcast", source: String? = nil,
        over ranges: (ClosedRange<Double>, ClosedRange<Double>)? = (-2...2, -2...2), example: String,
        refusing: @escaping @Sendable (Operand, Operand) -> String? = { _, _ in nil },
        _ apply: @escaping @Sendable (Variable, Variable) throws -> Variable
    ) -> Operation {
        let cases = ranges.map { x, y in
            [([3], [3]), ([2, 3], [3]), ([2, 1], [1, 3]), ([], [2, 2])].map { a, b in
                LawCase("\(name) of \(Shape.describe(a)), \(Shape.describe(b))", [.init(a, x), .init(b, y)]) {
                    try apply($0[0], $0[1])
                }
            }
        }
        let declaration = Declaration(
            "tensor.\(name)", summary, called: .both, takes: .argument("x", .tensorOrNumber),
            .argument("y", .tensorOrNumber), returns: .tensor, errors: errors, source: source, example: example
        ) { x, y in
            if let fault = refusing(x, y) { throw Fault(fault) }
            guard let operands = try Operand.pair(x, y) else { throw Fault("y", "a tensor expected, got a number") }
            return try apply(operands.x, operands.y)
        }
        // A fast path: these are called more often than anything else.
        let function = NativeFunction(declaration).trying { arguments in
            guard arguments.count == 2, let x = Operand(arguments[1]), let y = Operand(arguments[2]),
                refusing(x, y) == nil, let operands = try Operand.pair(x, y)
            else { return nil }
            return [.object(try apply(operands.x, operands.y))]
        }
        return Operation(function, declaration, inPlace: "2", cases: cases ?? [])
    }
}

/// A 1-based or negative index as a 0-based one; nil when out of range.
func zeroBased(_ index: Int, count: Int) -> Int? {
    if index >= 1, index <= count { return index - 1 }
    if index <= -1, index >= -count { return count + index }
    return nil
}
