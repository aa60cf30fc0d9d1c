import Scripting
import Tensors

/// Writing into memory that scripts hold, without ever making a gradient wrong.
extension Variable {
    /// Writes `source` over the part of this value that `part` picks (all of it by default).
    ///
    /// - Unrecorded into unrecorded: a plain write.
    /// - When either is recorded, this variable's history becomes "the old value, with that part replaced". Only a
    ///   tensor that owns its memory whole can be re-recorded so; a recorded view is refused.
    /// - A leaf that requires a gradient is refused: write into `x.data`, or inside `autodiff.no_grad`.
    /// - So are fractions into int64, and numbers into bool.
    /// - So is a part whose elements share memory, as those of an expanded tensor: one of them would be what all
    ///   become.
    public func write(_ source: Variable, for operation: String, part: @escaping (Tensor) throws -> Tensor = { $0 })
        throws
    {
        try checkAccepts(source.dtype, for: operation)
        // Also where nothing requires a gradient: what a stale view holds may have come from a recorded value.
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
        // A part of this very memory is about to change under its own history: write a copy of it.
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

    /// Throws unless what has that type may be written here.
    func checkAccepts(_ source: DType, for operation: String) throws {
        guard !dtype.accepts(source) else { return }
        throw ScriptError(
            operation,
            "result type \(source.rawValue) can't be cast to \(dtype.rawValue); convert the tensor that is written to "
                + "with x:to(\"\(source.rawValue)\"), or what is written with :to(\"\(dtype.rawValue)\")"
        )
    }

    /// Whether this shares the memory of a leaf that a gradient accumulates in. What was written before was asked then.
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

    /// The recorded fact that `result` is `before` with `source` in the given part.
    private static func replacing(
        _ before: Variable, _ source: Variable, _ result: Tensor, _ part: @escaping (Tensor) throws -> Tensor,
        _ operation: String
    ) throws -> Variable {
        // The old value's numbers are gone, but its place on the tape is still where gradients go.
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

    /// An in-place operation: computes with the recording operation, then writes the result over this value.
    public func update(_ operation: String, _ compute: (Variable) throws -> Variable) throws {
        if GradMode.isEnabled, requiresGrad, !isLeaf {
            let before = Variable(try value.copy())
            before.history = try identityHistory()
            try write(compute(before), for: operation)
        } else {
            // A leaf that requires a gradient is refused by write.
            try write(compute(self), for: operation)
        }
    }

    /// A history for a copy of this value: joined to the same place on the tape.
    private func identityHistory() throws -> AnyObject? {
        try rearranged("tensor.clone", value.copy()) { cotangent, _ in cotangent }.history
    }
}

extension History {
    /// The same place on the tape, described as of another version of the memory.
    func moved(to version: Int) -> History {
        History(node: node, outputIndex: outputIndex, requiresGrad: requiresGrad, version: version)
    }
}
