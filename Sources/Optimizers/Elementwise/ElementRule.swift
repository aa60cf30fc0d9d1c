import CKernels
import Scripting
import Tensors

/// One optimiser's formula for one element, and the same as the kernel that computes it of many (CKernels/optimizer.c).
///
/// `x` is the parameter's element, `gradient` its derivative, and up to three numbers are remembered from step to step.
/// Written per element, the formula reads as in its paper; it is what tests hold the kernel against.
protocol ElementRule: Sendable {
    func callAsFunction<T: TensorElement>(_ x: inout T, _ gradient: T, _ first: inout T, _ second: inout T, _ third: inout T)

    /// The formula with its numbers, as the kernel knows it.
    var kernel: ck_step { get }
}

extension ElementRule {
    /// Updates every element of `x` and of its memories, which have the dtype of `x` and its elements' order in memory
    /// (``Tensors/Tensor/zeros(inOrderOf:_:)``). A gradient in that order is read where it lies; any other is copied.
    func apply(to x: Tensor, gradient: Tensor, memories: [Tensor?]) throws {
        let slots = (0..<3).map { $0 < memories.count ? memories[$0] : nil }
        x.dtype == .float64
            ? try apply(x, gradient, slots, Double.self, ck_step_doubles) : try apply(x, gradient, slots, Float.self, ck_step_floats)
    }

    private func apply<T: TensorElement>(
        _ x: Tensor, _ gradient: Tensor, _ memories: [Tensor?], _: T.Type,
        _ update: (
            UnsafePointer<ck_step>, UnsafeMutablePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>?, UnsafeMutablePointer<T>?,
            UnsafeMutablePointer<T>?, Int
        ) -> Void
    ) throws {
        // A parameter with gaps (a part of another tensor) is worked on in a copy.
        let target = x.layout.isDense ? x : try x.copy()
        var gradient = try gradient.cast(T.dtype)
        // A script may have made a view of the parameter its gradient.
        if !gradient.layout.matches(target.layout) || gradient.storage === x.storage {
            gradient = try gradient.copy(inOrderOf: target.layout)
        }
        let step = kernel
        let bases = memories.map { $0?.base(T.self) }
        let (xs, gs) = (target.base(T.self), gradient.base(T.self))
        defer { withExtendedLifetime((target, gradient, memories)) {} }
        try Parallel.forEach(x.count, grain: 1 << 14) { piece in
            let first = piece.lowerBound
            withUnsafePointer(to: step) {
                update($0, xs + first, gs + first, bases[0].map { $0 + first }, bases[1].map { $0 + first }, bases[2].map { $0 + first }, piece.count)
            }
        }
        if target.storage === x.storage { x.storage.version += 1 } else { try x.write(target) }
    }
}
