import Scripting
import Tensors

/// One optimiser's formula for one element.
///
/// `x` is the parameter's element, `gradient` its derivative, and up to three numbers are remembered from step to step.
/// Written per element, the formula reads as in its paper and memory is walked once per step.
protocol ElementRule: Sendable {
    func callAsFunction<T: TensorElement>(_ x: inout T, _ gradient: T, _ first: inout T, _ second: inout T, _ third: inout T)

    /// The formula of a row of elements. Requirements rather than one generic function, so that each rule's own loop
    /// is compiled for both types with the formula inside; nobody writes them.
    func update(_ row: Row<Float>)
    func update(_ row: Row<Double>)
}

/// A row of a parameter, its gradient and what is remembered, element behind element.
struct Row<T: TensorElement> {
    let count: Int
    let x: UnsafeMutablePointer<T>
    let gradient: UnsafePointer<T>
    let first: UnsafeMutablePointer<T>
    let second: UnsafeMutablePointer<T>
    let third: UnsafeMutablePointer<T>
}

extension ElementRule {
    func update(_ row: Row<Float>) { run(row) }
    func update(_ row: Row<Double>) { run(row) }

    @inline(__always)
    private func run<T: TensorElement>(_ row: Row<T>) {
        for i in 0..<row.count { self(&row.x[i], row.gradient[i], &row.first[i], &row.second[i], &row.third[i]) }
    }

    /// Updates every element of `x` and of its memories, which have the shape and dtype of `x`.
    func apply(to x: Tensor, gradient: Tensor, memories: [Tensor?]) throws {
        x.dtype == .float64
            ? try apply(x, gradient, memories, Double.self) { update($0) }
            : try apply(x, gradient, memories, Float.self) { update($0) }
    }

    private func apply<T: TensorElement>(
        _ x: Tensor, _ gradient: Tensor, _ memories: [Tensor?], _: T.Type, _ update: (Row<T>) -> Void
    ) throws {
        var gradient = try gradient.cast(T.dtype)
        // A script may have made a view of the parameter its gradient.
        if gradient.storage === x.storage { gradient = try gradient.copy() }
        // Memories are contiguous. What a rule does not remember goes where nobody reads.
        let target = x.isContiguous ? x : try x.copy()
        gradient = try gradient.contiguous()
        let length = 1024
        let unused = try Tensor.zeros([3 * length], T.dtype)
        let slots = (0..<3).map { $0 < memories.count ? memories[$0] : nil }
        let bases = slots.map { $0?.base(T.self) }
        let (xs, gs, nowhere) = (target.base(T.self), gradient.base(T.self), unused.base(T.self))
        defer { withExtendedLifetime((target, gradient, slots, unused)) {} }
        for start in stride(from: 0, to: x.count, by: length) {
            update(
                Row(
                    count: min(length, x.count - start), x: xs + start, gradient: gs + start,
                    first: bases[0].map { $0 + start } ?? nowhere,
                    second: bases[1].map { $0 + start } ?? nowhere + length,
                    third: bases[2].map { $0 + start } ?? nowhere + 2 * length))
        }
        if target.storage === x.storage { x.storage.version += 1 } else { try x.write(target) }
    }
}
