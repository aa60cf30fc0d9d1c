import CKernels
import Scripting
import Tensors

/// An optimiser's formula for a single element, and its numbers for the kernel that computes it for many
/// (CKernels/optimizer.c).
///
/// `x` is the parameter's element, `gradient` its derivative, and up to three numbers are remembered from step to step.
/// Written for one element, the formula reads as in its paper; tests compare the kernel with it.
protocol ElementRule: Sendable {
    func callAsFunction<T: TensorElement>(
        _ x: inout T, _ gradient: T, _ first: inout T, _ second: inout T, _ third: inout T)

    /// The rule's numbers for the kernel; nil for a rule that the kernel does not have.
    var kernel: ck_step? { get }
}

extension ElementRule {
    var kernel: ck_step? { nil }

    /// Applies the formula to the elements of a piece one by one, for rules without a kernel.
    private func update<T: TensorElement>(
        _ x: UnsafeMutablePointer<T>, _ gradient: UnsafePointer<T>, _ memories: [UnsafeMutablePointer<T>?], _ count: Int
    ) {
        for index in 0..<count {
            var (first, second, third) = (
                memories[0].map { $0[index] } ?? 0, memories[1].map { $0[index] } ?? 0,
                memories[2].map { $0[index] } ?? 0
            )
            self(&x[index], gradient[index], &first, &second, &third)
            memories[0]?[index] = first
            memories[1]?[index] = second
            memories[2]?[index] = third
        }
    }

    /// Updates every element of `x` and of its memories, which have the dtype of `x` and its elements' order in memory
    /// (``Tensors/Tensor/zeros(inOrderOf:_:)``). A gradient in that order is read where it lies; any other is copied.
    func apply(to x: Tensor, gradient: Tensor, memories: [Tensor?]) throws {
        let slots = (0..<3).map { $0 < memories.count ? memories[$0] : nil }
        x.dtype == .float64
            ? try apply(x, gradient, slots, Double.self, ck_step_doubles)
            : try apply(x, gradient, slots, Float.self, ck_step_floats)
    }

    private func apply<T: TensorElement>(
        _ x: Tensor, _ gradient: Tensor, _ memories: [Tensor?], _: T.Type,
        _ update: (
            UnsafePointer<ck_step>, UnsafeMutablePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>?,
            UnsafeMutablePointer<T>?,
            UnsafeMutablePointer<T>?, Int
        ) -> Void
    ) throws {
        // A parameter that is not contiguous (a part of another tensor) is updated in a copy.
        let target = x.layout.isDense ? x : try x.copy()
        var gradient = try gradient.cast(T.dtype)
        // The gradient is copied if it lies in another order, or in the parameter's own memory: a script may make a
        // view of the parameter its gradient.
        if !gradient.layout.matches(target.layout) || gradient.storage === x.storage {
            gradient = try gradient.copy(inOrderOf: target.layout)
        }
        let step = kernel
        let bases = memories.map { $0?.base(T.self) }
        let (xs, gs) = (target.base(T.self), gradient.base(T.self))
        defer { withExtendedLifetime((target, gradient, memories)) {} }
        try Parallel.forEach(x.count, grain: 1 << 14) { piece in
            let first = piece.lowerBound
            let slots = bases.map { base in base.map { $0 + first } }
            guard let step else {
                self.update(xs + first, gs + first, slots, piece.count)
                return
            }
            withUnsafePointer(to: step) {
                update($0, xs + first, gs + first, slots[0], slots[1], slots[2], piece.count)
            }
        }
        if target.storage === x.storage { x.storage.version += 1 } else { try x.write(target) }
    }
}
