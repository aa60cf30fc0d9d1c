import Scripting

/// A number of a script's that stands beside a tensor. It is whole or not by its value: 2.0 is the whole number 2.
public struct Scalar: Sendable {
    private enum Kind: Sendable {
        case boolean(Bool)
        case whole(Int)
        case fraction(Double)

        init(_ number: Double) { self = Int(exactly: number).map(Kind.whole) ?? .fraction(number) }
    }
    private let kind: Kind

    /// - Returns: nil for what is no number (nor, if those are taken, true or false).
    public init?(_ value: Value, takingBooleans: Bool = false) {
        switch value {
        case .boolean(let flag) where takingBooleans: kind = .boolean(flag)
        case .integer(let integer): kind = .whole(integer)
        case .number(let number): kind = Kind(number)
        default: return nil
        }
    }

    public init(_ number: Double) { kind = Kind(number) }

    /// The type of a tensor of it alone: the least that a result with it has.
    public var dtype: DType {
        switch kind {
        case .boolean: .bool
        case .whole: .int64
        case .fraction: .float32
        }
    }

    /// The whole number, with all its digits, if it is one.
    public var whole: Int? { if case .whole(let integer) = kind { integer } else { nil } }

    public var number: Double {
        switch kind {
        case .boolean(let flag): flag ? 1 : 0
        case .whole(let integer): Double(integer)
        case .fraction(let number): number
        }
    }

    /// As an operand: it never raises a float tensor. Beside int64 and bool it is int64 if whole, float32 if not.
    public func tensor(beside dtype: DType) throws -> Tensor {
        try tensor(exactly: dtype.isFloating ? dtype.computing : self.dtype)
    }

    /// As something to be written into a tensor of that type.
    /// - Throws: for a fraction into int64, and into bool for anything but 0, 1, false and true.
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
