import Scripting

/// Views: other shapes of the same memory. Axes are 0-based; `operation` names the caller in messages.
extension Tensor {
    /// The slice at `index` along an axis, which is removed.
    public func select(_ axis: Int, _ index: Int, for operation: String = "tensor.select") throws -> Tensor {
        try check(axis: axis, for: operation)
        guard index >= 0, index < shape[axis] else {
            throw ScriptError(
                operation,
                "index \(index + 1) is out of range 1..\(shape[axis]) of dimension \(axis + 1) of "
                    + "\(Shape.describe(shape))"
            )
        }
        var (shape, strides) = (shape, strides)
        shape.remove(at: axis)
        let step = strides.remove(at: axis)
        return Tensor(storage: storage, shape: shape, strides: strides, offset: offset + index * step)
    }

    /// `count` elements along an axis, beginning at `start`, every `step`-th.
    public func slice(_ axis: Int, from start: Int, count: Int, step: Int = 1, for operation: String = "tensor.slice")
        throws -> Tensor
    {
        try check(axis: axis, for: operation)
        guard start >= 0, count >= 0, step >= 1, start <= shape[axis],
            count == 0 || (count - 1) <= (shape[axis] - 1 - start) / step
        else {
            throw ScriptError(
                operation,
                "\(count) elements from \(start) by \(step) leave dimension \(axis + 1) of \(Shape.describe(shape))")
        }
        var (shape, strides) = (shape, strides)
        shape[axis] = count
        let position = count == 0 ? offset : offset + start * strides[axis]
        // With at most one element the step is not used, and may be anything.
        if count > 1 { strides[axis] *= step }
        return Tensor(storage: storage, shape: shape, strides: strides, offset: position)
    }

    /// The axes in another order.
    public func permute(_ order: [Int], for operation: String = "tensor.permute") throws -> Tensor {
        guard order.sorted() == Array(0..<rank) else {
            throw ScriptError(
                operation,
                "\(Shape.describe(order.map { $0 + 1 })) is not an order of the \(rank) dimensions of "
                    + "\(Shape.describe(shape))"
            )
        }
        return Tensor(
            storage: storage, shape: order.map { shape[$0] }, strides: order.map { strides[$0] }, offset: offset)
    }

    /// The same memory with two dimensions exchanged; they count from 0.
    public func transpose(_ a: Int, _ b: Int, for operation: String = "tensor.transpose") throws -> Tensor {
        try check(axis: a, for: operation)
        try check(axis: b, for: operation)
        var order = Array(0..<rank)
        order.swapAt(a, b)
        return try permute(order, for: operation)
    }

    /// The diagonal of the last two axes, as a view: (..., m, n) -> (..., length). `above` > 0 selects one further up
    /// and right, < 0 further down and left; outside the matrix it has length 0.
    public func diagonal(_ above: Int = 0, for operation: String = "tensor.diag") throws -> Tensor {
        guard rank >= 2 else { throw ScriptError(operation, "a matrix expected, got shape \(Shape.describe(shape))") }
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let (right, down) = (min(max(above, 0), columns), above < 0 ? (above < -rows ? rows : -above) : 0)
        let length = min(rows - down, columns - right)
        return Tensor(
            storage: storage, shape: shape.dropLast(2) + [length],
            strides: strides.dropLast(2) + [strides[rank - 2] + strides[rank - 1]],
            offset: length == 0 ? offset : offset + down * strides[rank - 2] + right * strides[rank - 1])
    }

    /// Repeats extents of 1 and adds leading axes, without copying.
    public func expand(_ target: [Int], for operation: String = "tensor.expand") throws -> Tensor {
        if target == shape { return self }
        guard target.count >= rank else {
            throw ScriptError(operation, "\(Shape.describe(shape)) does not expand to \(Shape.describe(target))")
        }
        _ = try Shape.count(target, for: operation)
        let lead = target.count - rank
        var strides = [Int](repeating: 0, count: target.count)
        for axis in shape.indices {
            if shape[axis] == target[lead + axis] {
                strides[lead + axis] = self.strides[axis]
            } else if shape[axis] != 1 {
                throw ScriptError(
                    operation,
                    "\(Shape.describe(shape)) does not expand to \(Shape.describe(target)): \(shape[axis]) ~= "
                        + "\(target[lead + axis])"
                )
            }
        }
        return Tensor(storage: storage, shape: target, strides: strides, offset: offset)
    }

    /// Another shape with the same number of elements: a view if the layout allows it, else a copy. One extent may be
    /// -1.
    public func reshape(_ target: [Int], for operation: String = "tensor.reshape") throws -> Tensor {
        let target = try resolve(target, for: operation)
        if target == shape { return self }
        if let strides = viewStrides(target) {
            return Tensor(storage: storage, shape: target, strides: strides, offset: offset)
        }
        return try copy().reshape(target, for: operation)
    }

    /// ``reshape(_:for:)`` that throws instead of copying.
    public func view(_ target: [Int], for operation: String = "tensor.view") throws -> Tensor {
        let target = try resolve(target, for: operation)
        guard let strides = viewStrides(target) else {
            throw ScriptError(
                operation,
                "the layout of this \(Shape.describe(shape)) tensor has no view as \(Shape.describe(target)); use "
                    + "reshape"
            )
        }
        return Tensor(storage: storage, shape: target, strides: strides, offset: offset)
    }

    /// The same memory with a dimension of size 1 before `axis`, which counts from 0.
    public func unsqueeze(_ axis: Int, for operation: String = "tensor.unsqueeze") throws -> Tensor {
        guard axis >= 0, axis <= rank else {
            throw ScriptError(operation, "dimension \(axis + 1) is out of range 1..\(rank + 1)")
        }
        try Shape.check(rank: rank + 1, for: operation)
        var (shape, strides) = (shape, strides)
        shape.insert(1, at: axis)
        strides.insert(1, at: axis)
        return Tensor(storage: storage, shape: shape, strides: strides, offset: offset)
    }

    /// Without the axes of extent 1, or without one given axis if its extent is 1.
    public func squeeze(_ axis: Int? = nil, for operation: String = "tensor.squeeze") throws -> Tensor {
        if let axis { try check(axis: axis, for: operation) }
        let kept = shape.indices.filter { shape[$0] != 1 || (axis != nil && axis != $0) }
        return Tensor(
            storage: storage, shape: kept.map { shape[$0] }, strides: kept.map { strides[$0] }, offset: offset)
    }

    /// Replaces an extent of -1 by the one that gives the right number of elements.
    private func resolve(_ target: [Int], for operation: String) throws -> [Int] {
        var target = target
        if let open = target.firstIndex(of: -1) {
            guard target.count(where: { $0 == -1 }) == 1 else {
                throw ScriptError(
                    operation,
                    "shape \(Shape.describe(target)): one -1 at most, which stands for the size that is left over")
            }
            let others = try Shape.count(
                target.enumerated().filter { $0.offset != open }.map(\.element), for: operation)
            guard others > 0 else {
                throw ScriptError(
                    operation, "shape \(Shape.describe(target)): beside a 0 any size would do in place of -1; give one")
            }
            guard count % others == 0 else {
                throw ScriptError(
                    operation,
                    "shape \(Shape.describe(target)): the \(count) elements of \(Shape.describe(shape)) are no "
                        + "multiple of \(others)")
            }
            target[open] = count / others
        }
        guard try Shape.count(target, for: operation) == count else {
            throw ScriptError(
                operation, "\(Shape.describe(shape)) has \(count) elements, \(Shape.describe(target)) does not")
        }
        return target
    }

    /// The strides under which this memory reads as `target`, if there are any (NumPy's no-copy reshape rule).
    private func viewStrides(_ target: [Int]) -> [Int]? {
        if count == 0 { return Shape.strides(target) }
        let axes = shape.indices.filter { shape[$0] != 1 }
        var result = [Int](repeating: 1, count: target.count)
        var old = 0
        var new = 0
        while old < axes.count {
            // Find the smallest groups of old and new axes with equal numbers of elements.
            var oldCount = shape[axes[old]]
            var oldEnd = old + 1
            while new < target.count, target[new] == 1 { new += 1 }
            guard new < target.count else { return nil }
            var newCount = target[new]
            var newEnd = new + 1
            while oldCount != newCount {
                if oldCount < newCount {
                    guard oldEnd < axes.count else { return nil }
                    oldCount *= shape[axes[oldEnd]]
                    oldEnd += 1
                } else {
                    guard newEnd < target.count else { return nil }
                    newCount *= target[newEnd]
                    newEnd += 1
                }
            }
            // The old group must be contiguous up to a constant step.
            for k in old..<(oldEnd - 1) where strides[axes[k]] != strides[axes[k + 1]] * shape[axes[k + 1]] {
                return nil
            }
            var step = strides[axes[oldEnd - 1]]
            for k in (new..<newEnd).reversed() {
                result[k] = step
                step *= target[k]
            }
            old = oldEnd
            new = newEnd
        }
        return result
    }

    /// Throws when several elements share memory, as those of an expanded tensor do: a write to one would change all.
    public func checkElementsApart(for operation: String) throws {
        var reach = 0
        let axes = count == 0 ? [] : shape.indices.filter { shape[$0] > 1 }.sorted { strides[$0] < strides[$1] }
        for axis in axes {
            // The stride must exceed everything that the axes with smaller strides reach, or elements may coincide.
            guard strides[axis] > reach else {
                throw ScriptError(
                    operation,
                    "this \(Shape.describe(shape)) tensor repeats elements (an expanded view) and cannot be "
                        + "overwritten; clone() it first"
                )
            }
            reach += (shape[axis] - 1) * strides[axis]
        }
    }

    /// Throws unless the axis exists.
    public func check(axis: Int, for operation: String) throws {
        guard axis >= 0, axis < rank else {
            throw ScriptError(
                operation,
                rank == 0
                    ? "a tensor without dimensions has no dimension \(axis + 1)"
                    : "dimension \(axis + 1) is out of range 1..\(rank) of \(Shape.describe(shape))")
        }
    }
}
