import Scripting
import Tensors

/// Writes into existing memory; where a gradient would become wrong, they are refused.
extension Variable {
    /// Writes `source` over the part of this value that `part` selects (by default all of it).
    ///
    /// - Unrecorded into unrecorded: a plain write.
    /// - When either is recorded, this variable's history becomes "the old value, with that part replaced". Only a
    ///   tensor that owns its memory alone can get such a history; a recorded view is refused.
    /// - A leaf that requires a gradient is refused: write into `x.data`, or inside `autodiff.no_grad`.
    /// - Fractions into int64 are refused, and numbers into bool.
    /// - So is a part whose elements share memory, as those of an expanded tensor do: writes would overwrite each
    ///   other.
    public func write(_ source: Variable, for operation: String, part: @escaping (Tensor) throws -> Tensor = { $0 })
        throws
    {
        try checkAccepts(source.dtype, for: operation)
        // Checked also where nothing requires a gradient: a plain view may hold what a recorded write put there since.
        if GradMode.isEnabled { try source.checkFresh(operation) }
        guard GradMode.isEnabled, requiresGrad || source.requiresGrad else {
            let target = try part(value)
            try target.checkElementsApart(for: operation)
            try target.write(source.value, for: operation)
            if GradMode.isEnabled, source.isSevered {
                value.storage.severedSince = value.storage.version
            } else if target.count == value.storage.count {
                value.storage.severedSince = nil
            }
            return
        }
        guard !(isLeaf && requiresGrad) else {
            throw ScriptError(
                operation,
                "a leaf that requires a gradient cannot be written in place while recording; write into x.data, or "
                    + "inside autodiff.no_grad"
            )
        }
        guard value.isContiguous, value.count == value.storage.count else {
            throw ScriptError(
                operation,
                "a recorded value cannot be written through a view; index the whole tensor (x[{...}] = v), or clone() "
                    + "the view first"
            )
        }
        guard !isViewOfLeaf else {
            throw ScriptError(
                operation,
                "a view of a leaf that requires a gradient cannot be written in place while recording; clone() it first"
            )
        }
        try checkFresh(operation)
        // `source` shares this memory, which is about to change: a copy is written.
        let source = source.value.storage === value.storage ? try source.clone() : source
        let target = try part(value)
        _ = try source.value.expand(target.shape, for: operation)
        let before = Variable(value)
        before.history = history
        try target.write(source.value, for: operation)
        let recorded: Variable = try .replacing(before, source, value, part, operation)
        recorded.record?.node?.isWrite = true
        history = recorded.history
        value.storage.trackedSince = value.storage.version
    }

    /// Throws unless elements of that dtype may be written here.
    package func checkAccepts(_ source: DType, for operation: String) throws {
        guard !dtype.accepts(source) else { return }
        throw ScriptError(
            operation,
            "result type \(source.rawValue) can't be cast to \(dtype.rawValue); convert the tensor that is written to "
                + "with x:to(\"\(source.rawValue)\"), or what is written with :to(\"\(dtype.rawValue)\")"
        )
    }

    /// Whether this is a view of a leaf that accumulates gradients.
    private var isViewOfLeaf: Bool {
        var record = record
        while let node = record?.node, !node.isWrite,
            let base = node.inputs.first(where: { $0.memory == ObjectIdentifier(value.storage) })
        {
            record = base.record
        }
        guard let record else { return false }
        return record.node == nil && record.requiresGrad
    }

    /// Records that `result` is `before` with `source` in the given part.
    private static func replacing(
        _ before: Variable, _ source: Variable, _ result: Tensor, _ part: @escaping (Tensor) throws -> Tensor,
        _ operation: String
    ) throws -> Variable {
        // The old value's numbers are overwritten, but gradients still go to its place on the tape.
        before.record.map { before.record = $0.moved(to: result.storage.version) }
        return try .recorded(operation, before, source, result, keeps: .nothing) { call in
            let cotangent = call.cotangent
            let outside = try Tensor.full(result.shape, 1, result.dtype.computing)
            try part(outside).fill(0)
            return [
                try call.gradient(of: 0) { try cotangent.kept(where: Variable(outside)) },
                try call.gradient(of: 1) {
                    try cotangent.rearranged(operation, part(cotangent.value)) { try $0.placed(into: $1, part) }
                },
            ]
        }
    }

    /// An in-place operation: computes with the recorded operation, then writes the result over this value.
    public func update(_ operation: String, _ compute: (Variable) throws -> Variable) throws {
        if GradMode.isEnabled, requiresGrad, !isLeaf {
            let before = Variable(try value.copy())
            before.history = try identityHistory()
            try write(compute(before), for: operation)
        } else {
            // `write` refuses a leaf that requires a gradient.
            try write(compute(self), for: operation)
        }
    }

    /// A history for a copy of this value: gradients go where this value's go.
    private func identityHistory() throws -> AnyObject? {
        try rearranged("tensor.clone", value.copy()) { cotangent, _ in cotangent }.history
    }
}

extension History {
    /// The same place on the tape, for another version of the memory.
    func moved(to version: Int) -> History {
        History(node: node, outputIndex: outputIndex, requiresGrad: requiresGrad, version: version)
    }
}
