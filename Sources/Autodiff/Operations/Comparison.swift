import Scripting
import Tensors

struct Equal: Comparison {
    static var vectorized: VectorComparison? { .equal }
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x == y }
}
struct NotEqual: Comparison {
    static var vectorized: VectorComparison? { .notEqual }
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x != y }
}
/// Equal, or both NaN.
struct Same: Comparison {
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x == y || (x.isUnordered && y.isUnordered) }
}
struct Less: Comparison {
    static var vectorized: VectorComparison? { .less }
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x < y }
}
struct LessOrEqual: Comparison {
    static var vectorized: VectorComparison? { .lessOrEqual }
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x <= y }
}
struct Greater: Comparison {
    static var vectorized: VectorComparison? { .greater }
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x > y }
}
struct GreaterOrEqual: Comparison {
    static var vectorized: VectorComparison? { .greaterOrEqual }
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x >= y }
}

extension Variable {
    /// The comparison of every element with a number: bool, not recorded.
    func mask(_ comparison: some Comparison, _ number: Double) throws -> Variable {
        Variable(try value.compare(constant(number).value, comparison, for: "tensor.mask"))
    }
}

extension Operation {
    /// Comparisons give bool and have no gradient.
    private static func comparison(_ name: String, _ sign: String, _ example: String, _ f: some Comparison) -> Operation
    {
        binary(
            name,
            """
            Whether x \(sign) y, element by element and broadcast: a bool tensor, which is a mask; never recorded. \
            (Lua's own signs give one truth value: between tensors < and <= are errors, == asks whether both are one \
            object.) A comparison with NaN is \(sign == "~=" ? "true" : "false").
            """,
            source: "torch.\(name)", over: nil, example: example
        ) { x, y in Variable(try x.value.compare(y.value, f, for: "tensor.\(name)")) }
    }

    static let eq = comparison("eq", "==", "assert(tensor({1, 2}):eq(2):sum():item() == 1)", Equal())
    static let ne = comparison("ne", "~=", "assert(tensor({1, 2}):ne(2):sum():item() == 1)", NotEqual())
    static let lt = comparison("lt", "<", "assert(tensor({1, 2}):lt(2):sum():item() == 1)", Less())
    static let le = comparison("le", "<=", "assert(tensor({1, 2}):le(2):sum():item() == 2)", LessOrEqual())
    static let gt = comparison("gt", ">", "assert(tensor({1, 2}):gt(1):sum():item() == 1)", Greater())
    static let ge = comparison("ge", ">=", "assert(tensor({1, 2}):ge(1):sum():item() == 2)", GreaterOrEqual())
}
