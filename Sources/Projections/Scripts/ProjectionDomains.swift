import Autodiff
import Scripting
import Tensors

// Arguments and results of constructors and methods of projections.

extension Domain<any ProjectableSet> {
    /// A projection object, as its set.
    public static var projection: Domain {
        Domain<ProjectionObject>.object(ProjectionObject.type).map(show: { $0.description }) { $0.set }
    }
}

extension Results<any ProjectableSet> {
    /// A set as a new object of type `projection`.
    public static var projection: Results {
        Results(.object(ProjectionObject.type.name)) { .object(ProjectionObject($0)) }
    }
}

extension Domain<Variable> {
    /// The numbers that define a set: a number, a tensor, or a table of numbers (nested for more dimensions).
    static var entries: Domain { Domain<Numbers>.numbers.inFloat64 }
    /// A number, or a tensor of one element.
    static var scalar: Domain { Domain<Numbers>.oneNumber.inFloat64 }
}

extension Domain<Numbers> {
    /// A number, or a tensor of one element.
    static var oneNumber: Domain {
        let type = ScriptType.either([.number, .object(Variable.type.name)])
        return Domain(type, expected: "a number or a tensor of one number", show: Domain.numbers.show) { value in
            if let number = value.asNumber { return .number(number) }
            guard case .object(let object as Variable) = value, object.value.count == 1 else { return nil }
            return .tensor(object)
        }
    }

    fileprivate var inFloat64: Domain<Variable> { map(show: { _ in "numbers" }) { try $0.variable(.float64) } }
}

extension Form {
    /// The argument `(r)` of a set of this radius around 0.
    static func aroundZero(
        _ note: String,
        _ make: @escaping @Sendable (_ center: Variable, _ radius: Variable) throws -> any ProjectableSet
    ) -> Form {
        Form(takes: .argument("r", .scalar, note), returns: .projection) { r in
            try make(Variable(Tensor(0, .float64)), r)
        }
    }

    /// The arguments `(center, r)`.
    static func around(
        center: String,
        _ make: @escaping @Sendable (_ center: Variable, _ radius: Variable) throws -> any ProjectableSet
    ) -> Form {
        Form(
            takes: .argument("center", .entries, center), .argument("r", .scalar), returns: .projection, body: make)
    }
}
