import Autodiff
import Scripting
import Tensors

extension Variable {
    /// A symmetric linear map applied to this float64 value, recorded; its derivatives are the map itself.
    func mapped(by map: @escaping Slope, _ operation: String) throws -> Variable {
        let result = try Tensor(map(value.toArray()), shape: shape, .float64)
        return try .recorded(operation, [self], result, keeps: .nothing) {
            [try $0.cotangent.mapped(by: map, operation)]
        }
    }
}
