import Scripting
import Tensors

/// One optimiser's formula for one element.
///
/// `x` is the parameter's element, `gradient` its derivative, and up to three numbers are remembered from step to step.
/// Written per element, the formula reads as in its paper and memory is walked once per step.
protocol ElementRule: Sendable {
    func callAsFunction<T: TensorElement>(_ x: inout T, _ gradient: T, _ first: inout T, _ second: inout T, _ third: inout T)
}

extension ElementRule {
    /// Updates every element of `x` and of its memories, which have the shape and dtype of `x`.
    func apply(to x: Tensor, gradient: Tensor, memories: [Tensor?]) throws {
        x.dtype == .float64
            ? try apply(x, gradient, memories, Double.self) : try apply(x, gradient, memories, Float.self)
    }

    private func apply<T: TensorElement>(_ x: Tensor, _ gradient: Tensor, _ memories: [Tensor?], _: T.Type) throws {
        var gradient = try gradient.cast(T.dtype)
        // A script may have made a view of the parameter its gradient.
        if gradient.storage === x.storage { gradient = try gradient.copy() }
        // What a rule does not remember goes to a single number that nobody reads.
        let slots = try (0..<3).map { slot in
            try (slot < memories.count ? memories[slot] : nil) ?? Tensor.zeros([], T.dtype).expand(x.shape)
        }
        let walk = StridedWalk(shape: x.shape, strides: [x.strides, gradient.strides] + slots.map(\.strides))
        let (xs, gs) = (x.base(T.self), gradient.base(T.self))
        let (a, b, c) = (slots[0].base(T.self), slots[1].base(T.self), slots[2].base(T.self))
        defer { withExtendedLifetime((gradient, slots)) {} }
        let steps = (walk.rowStep(0), walk.rowStep(1), walk.rowStep(2), walk.rowStep(3), walk.rowStep(4))
        try walk.forEachRow { offsets, n in
            let (xs, gs) = (xs + offsets[0], gs + offsets[1])
            let (a, b, c) = (a + offsets[2], b + offsets[3], c + offsets[4])
            for i in 0..<n {
                self(&xs[i * steps.0], gs[i * steps.1], &a[i * steps.2], &b[i * steps.3], &c[i * steps.4])
            }
        }
        x.storage.version += 1
    }
}
