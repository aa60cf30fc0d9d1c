import Scripting
import Tensors

/// `autodiff.vmap(f)`: a function of one sample as a function of a batch.
enum VectorMap {
    private static let name = "autodiff.vmap"
    private static let dimensions = Domain<[Int]?>.optional(.oneOrMore(.integer))

    static let declaration = Declaration(
        name,
        """
        f, written for one sample, as a function of a batch: vmap(f)(x, ...) calls f with x[1], x[2], ... and stacks \
        the results along a new first dimension; vmap(f, x, ...) does it at once. Composes with grad both ways: \
        vmap(grad(f)) are the gradients sample by sample. f is called once for every sample, so it costs what a loop \
        does; operations on the whole batch, where f can be written with them, are faster. Random numbers are drawn \
        anew in each call.
        """,
        takes: .argument("f", .function), .rest("x", .anything, "tensors of one batch; other values are passed on"),
        .option(
            "in_dims", dimensions, "the batch's dimension, or a table of one for each argument: 0 passes it on whole"),
        .option("out_dims", .integer, default: 1, "where the batch's dimension goes in the results"), .operation,
        returns: .values(ResultSpec(nil, .any, repeats: true)),
        errors:
            "no tensor to map over; batches of different or no extent; results that are no tensors, or of different "
                + "shapes",
        source: "torch.vmap",
        example: """
            local dots = autodiff.vmap(function(x, y) return x:dot(y) end)
            assert(dots(tensor({{1, 2}, {3, 4}}), tensor({{1, 1}, {2, 2}})):tolist()[2] == 14)
            local slopes = autodiff.vmap(autodiff.grad(function(x) return (x ^ 3):sum() end))
            assert(slopes(tensor({1, 2})):tolist()[2] == 12)
            """,
        see: ["autodiff.grad"]
    ) { (f: any ScriptFunction, values: [Value], inputs: [Int]?, output: Int, operation: String) in
        guard values.isEmpty else { return try apply(f, values, inputs, output) }
        let along: Value = inputs.map { .list($0.map { .integer($0) }) } ?? .none
        return [.closure(later, bound: [.function(f), along, .integer(output)])]
    }

    private static let later = NativeFunction(
        Declaration(
            name, "Calls f for every sample.", takes: .argument("f", .function), .argument("in_dims", dimensions),
            .argument("out_dims", .integer), .rest("x", .anything),
            returns: .values(ResultSpec(nil, .any, repeats: true))
        ) { f, inputs, output, values in try apply(f, values, inputs, output) })

    private static func apply(
        _ f: any ScriptFunction, _ values: [Value], _ inputs: [Int]?, _ output: Int
    ) throws -> [Value] {
        if let inputs, inputs.count > 1, inputs.count != values.count {
            throw Fault(
                "in_dims names \(inputs.count) dimensions for \(values.count) argument\(values.count == 1 ? "" : "s")")
        }
        var (samples, count): ([[Variable]?], Int?) = ([], nil)
        for (place, value) in values.enumerated() {
            let asked = inputs.map { $0.count == 1 ? $0[0] : $0[place] }
            guard asked != 0, case .object(let x as Variable) = value else {
                if let asked, asked != 0, inputs?.count ?? 0 > 1 {
                    throw Fault("in_dims maps over argument \(place + 1), which is \(value.shown); 0 passes it on")
                }
                samples.append(nil)
                continue
            }
            guard let axis = zeroBased(asked ?? 1, count: x.shape.count) else {
                let fault = Variable.noDimension(asked ?? 1, rank: x.shape.count)
                throw Fault("argument \(place + 1) of f, mapped over dimension \(asked ?? 1): \(fault)")
            }
            guard x.shape[axis] == count ?? x.shape[axis] else {
                throw Fault("batches of \(count ?? 0) and \(x.shape[axis]) samples (argument \(place + 1) of f)")
            }
            count = x.shape[axis]
            samples.append(try x.unbound(axis, for: name))
        }
        guard let count else { throw Fault("no tensor among the arguments to map over") }
        guard count > 0 else { throw Fault("a batch of no samples: f cannot be asked what it returns") }
        var columns: [[Variable]] = []
        for sample in 0..<count {
            try Cancellation.check()
            let results = try f.call(
                zip(values, samples).map { value, parts in parts.map { .object($0[sample]) } ?? value })
            let tensors = try results.enumerated().map { place, value in
                guard case .object(let object) = value, let tensor = object as? Variable else {
                    throw Fault("f returned \(value.shown) as result \(place + 1); tensors expected")
                }
                return tensor
            }
            if sample == 0 { columns = tensors.map { _ in [] } }
            guard tensors.count == columns.count else {
                throw Fault(
                    "f returned \(columns.count) results for sample 1, \(tensors.count) for sample \(sample + 1)")
            }
            for (place, tensor) in tensors.enumerated() {
                if let first = columns[place].first, first.shape != tensor.shape {
                    throw Fault(
                        "f returned shape \(Shape.describe(first.shape)) for sample 1, "
                            + "\(Shape.describe(tensor.shape)) for sample \(sample + 1)"
                    )
                }
                columns[place].append(tensor)
            }
        }
        return try columns.map { column in
            let rank = column[0].shape.count + 1
            guard let axis = zeroBased(output, count: rank) else {
                throw Fault("out_dims: " + Variable.noDimension(output, rank: rank))
            }
            return .object(try Variable.stack(column, axis))
        }
    }
}

extension Variable {
    /// The slices along an axis, recorded as one step: their cotangents are stacked again.
    func unbound(_ axis: Int, for operation: String) throws -> [Variable] {
        let slices = try Shape.positions(shape[axis], for: operation).map { try value.select(axis, $0, for: operation) }
        guard !slices.isEmpty else { return [] }
        return try Variable.recorded(operation, [self], outputs: slices, keeps: .nothing) { call in
            [try Variable.stack(call.cotangents, axis)]
        }
    }
}
