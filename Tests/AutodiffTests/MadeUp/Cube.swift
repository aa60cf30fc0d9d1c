import Scripting
import Tensors

@testable import Autodiff

// A made-up operation, added as CONTRIBUTING describes: this file, and its name in `catalogue`.

struct Cube: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { x * x * x } }

extension Variable {
    func cube() throws -> Variable {
        try .recorded("tensor.cube", [self], value.map(Cube())) { [try $0.cotangent * $0.inputs[0] * $0.inputs[0] * 3] }
    }
}

extension Autodiff.Operation {
    static let cube = unary("cube", "x * x * x.", example: "assert(tensor({2}):cube()[{1}] == 8)") { try $0.cube() }
}
