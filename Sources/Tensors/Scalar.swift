import Scripting

/// A script's number beside a tensor. It is an integer by its value: 2.0 counts as the integer 2.
public struct Scalar: Sendable {
    private enum Kind: Sendable {
        case boolean(Bool)
        case whole(Int)
        case fraction(Double)

        init(_ number: Double) { self = Int(exactly: number).map(Kind.whole) ?? .fraction(number) }
    }
    private let kind: Kind

    /// - Returns: nil for a value that is no number (nor a boolean, if those are allowed).
    public init?(_ value: Value, takingBooleans: Bool = false) {
        switch value {
        case .boolean(let flag) where takingBooleans: kind = .boolean(flag)
        case .integer(let integer): kind = .whole(integer)
        case .number(let number): kind = Kind(number)
        default: return nil
        }
    }

    /// 2.0 counts as the integer 2, as in scripts.
    public init(_ number: Double) { kind = Kind(number) }

    /// The dtype of a tensor made of it alone.
    public var dtype: DType {
        switch kind {
        case .boolean: .bool
        case .whole: .int64
        case .fraction: .float32
        }
    }

    /// The integer, with all its digits, if it is one.
    public var whole: Int? { if case .whole(let integer) = kind { integer } else { nil } }

    /// Rounded to 53 bits for large integers; 0 or 1 for a boolean.
    public var number: Double {
        switch kind {
        case .boolean(let flag): flag ? 1 : 0
        case .whole(let integer): Double(integer)
        case .fraction(let number): number
        }
    }

    /// As an operand: it never widens a float tensor. Beside int64 and bool it is int64 if it is an integer, else
    /// float32.
    public func tensor(beside dtype: DType) throws -> Tensor {
        try tensor(exactly: dtype.isFloating ? dtype.computing : self.dtype)
    }

    /// As a value to be written into a tensor of that dtype.
    /// - Throws: for a fraction into int64, and for anything but 0, 1, false and true into bool.
    public func tensor(for dtype: DType, _ operation: String) throws -> Tensor {
        switch (dtype, kind) {
        case (.int64, .fraction(let number)):
            throw ScriptError(
                operation,
                "result type float32 can't be cast to int64: \(shown(number)) is not whole; convert the tensor with "
                    + "x:to(\"float32\") first"
            )
        case (.bool, .fraction), (.bool, .whole(2...)), (.bool, .whole(..<0)):
            throw ScriptError(
                operation,
                "\(shown(number)) can't be cast to bool: 0, 1, false or true expected; convert the tensor with "
                    + "x:to(\"int64\") or x:to(\"float32\") first"
            )
        default: return try tensor(exactly: dtype.working)
        }
    }

    private func tensor(exactly dtype: DType) throws -> Tensor {
        if dtype == .int64, case .whole(let integer) = kind { return try Tensor(integers: [integer], shape: []) }
        return try Tensor(number, dtype)
    }
}
