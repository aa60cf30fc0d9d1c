import Scripting

/// A tensor as scripts hold it: a value, and the history that Autodiff may attach to it.
///
/// It is declared here, below Autodiff, so that rooms that only compute with values (projections, files, pictures) can
/// take and return what scripts hold. PyTorch divides its tensor the same way.
public final class Variable: ScriptObject {
    /// What scripts see as its type: `tensor`.
    public static let type = ObjectType("tensor", footprint: 224)

    /// The numbers; may be a view that shares memory with other variables.
    public let value: Tensor
    /// Autodiff's record of how the value was computed; nil for a plain value.
    package var history: AnyObject?

    /// A leaf without a record; the tensor's memory is shared.
    public init(_ value: Tensor) {
        self.value = value
    }

    public var scriptType: ObjectType { Variable.type }
    /// That of the value.
    public var shape: [Int] { value.shape }
    public var dtype: DType { value.dtype }
}

extension Value {
    /// An unrecorded tensor as a script value.
    public static func tensor(_ value: Tensor) -> Value { .object(Variable(value)) }
}

extension Variable: ScriptConvertible {
    public static func from(_ value: Value) throws -> Variable {
        guard case .object(let object) = value, let variable = object as? Variable else {
            throw unexpected(value, expected: "a tensor")
        }
        return variable
    }
    public var scriptValue: Value { .object(self) }
}

extension Tensor: ScriptConvertible {
    public static func from(_ value: Value) throws -> Tensor { try Variable.from(value).value }
    public var scriptValue: Value { .tensor(self) }
}
