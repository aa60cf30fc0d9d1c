import Scripting
import Tensors

private struct Product: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x * y } }
private struct Magnitude: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { abs(x) } }
private struct Times: UnaryFunction {
    let factor: Double
    func callAsFunction<T: TensorElement>(_ x: T) -> T { T(factor) * x }
}

/// Arithmetic on flat vectors, new memory for every result.
extension Tensor {
    func dot(_ other: Tensor) throws -> Double { try zip(other, Product(), for: "optimizer:step").sum([0]).item() }
    func times(_ factor: Double) throws -> Tensor { try map(Times(factor: factor)) }
    /// self + factor other
    func plus(_ other: Tensor, times factor: Double = 1) throws -> Tensor {
        let result = try copy()
        try result.add(inPlace: other, scale: factor)
        return result
    }
    func sumOfMagnitudes() throws -> Double { try map(Magnitude()).sum([0]).item() }
    /// The largest magnitude; NaN if an element is NaN, 0 without elements.
    func largestMagnitude() throws -> Double {
        count == 0 ? 0 : try map(Magnitude()).extremum(0, largest: true, for: "optimizer:step").values.item()
    }
}

/// Many tensors as one vector, each row-major, one after the other.
struct Packing {
    let shapes: [[Int]]
    let dtype: DType
    let starts: [Int]
    let count: Int

    init(_ tensors: [Tensor]) {
        shapes = tensors.map(\.shape)
        dtype = tensors.contains { $0.dtype == .float64 } ? .float64 : .float32
        var (starts, count) = ([Int](), 0)
        for tensor in tensors {
            starts.append(count)
            count += tensor.count
        }
        (self.starts, self.count) = (starts, count)
    }

    /// The part of a packed vector that is tensor `index`, in its shape: a view.
    func part(_ index: Int, of vector: Tensor) throws -> Tensor {
        let end = index + 1 < starts.count ? starts[index + 1] : count
        return try vector.slice(0, from: starts[index], count: end - starts[index]).view(shapes[index])
    }

    /// All tensors as one vector; a nil tensor gives zeros.
    func pack(_ tensors: [Tensor?]) throws -> Tensor {
        let vector = try Tensor.zeros([count], dtype)
        for (index, tensor) in tensors.enumerated() {
            if let tensor { try part(index, of: vector).write(tensor) }
        }
        return vector
    }
}
