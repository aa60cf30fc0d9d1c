import Scripting
import Tensors

struct Absolute: NumericUnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { abs(x) }
    func callAsFunction(_ x: Int64) -> Int64 { x < 0 ? 0 &- x : x }
}
/// The sign; 0 for NaN, too, as in PyTorch.
struct Sign: NumericUnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x > 0 ? 1 : x < 0 ? -1 : 0 }
    func callAsFunction(_ x: Int64) -> Int64 { x.signum() }
}
struct Floor: NumericUnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x.rounded(.down) }
    func callAsFunction(_ x: Int64) -> Int64 { x }
}
/// Halves go to the even neighbour, as in PyTorch and NumPy.
struct Round: NumericUnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { x.rounded(.toNearestOrEven) }
    func callAsFunction(_ x: Int64) -> Int64 { x }
}

extension Variable {
    /// |x|; the gradient at 0, and at NaN, is 0.
    public func abs() throws -> Variable {
        try .recorded("tensor.abs", self, value.transform(Absolute())) { call in
            [try call.cotangent * Variable(call.inputs[0].value.map(Sign()))]
        }
    }

    // Constant between jumps: the gradient is 0.
    /// -1, 0 or 1; 0 also for NaN.
    public func sign() throws -> Variable { try flat("tensor.sign", Sign()) }
    /// The largest whole number not above x.
    public func floor() throws -> Variable { try flat("tensor.floor", Floor()) }
    /// The nearest whole number, halves to even.
    public func round() throws -> Variable { try flat("tensor.round", Round()) }

    private func flat(_ operation: String, _ f: some NumericUnaryFunction) throws -> Variable {
        try .recorded(operation, self, value.transform(f).cast(dtype.working), keeps: .nothing) { call in
            [Variable(try Tensor.zeros(call.inputs[0].shape, call.inputs[0].dtype.computing))]
        }
    }
}

extension Operation {
    static let abs = unary(
        "abs", "|x|; the gradient at 0 is 0.", source: "torch.abs", over: [0.3...2, -2 ... -0.3],
        example: "assert(tensor({-3}):abs()[{1}] == 3)"
    ) { try $0.abs() }

    static let sign = unary(
        "sign", "-1, 0 or 1 (0 of NaN too, as in PyTorch); the gradient is 0.", source: "torch.sign", over: [0.3...2],
        example: "assert(tensor({-3}):sign()[{1}] == -1)"
    ) { try $0.sign() }

    static let floor = unary(
        "floor", "The largest whole number not above x; the gradient is 0.", source: "torch.floor", over: [0.1...0.9],
        example: "assert(tensor({-1.5}):floor()[{1}] == -2)"
    ) { try $0.floor() }

    static let round = unary(
        "round", "The nearest whole number, halves to even; the gradient is 0.", source: "torch.round",
        over: [0.6...1.4], example: "assert(tensor({2.5}):round()[{1}] == 2)"
    ) { try $0.round() }
}
