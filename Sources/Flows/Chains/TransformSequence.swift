import Autodiff
import Scripting
import Tensors

/// Transforms one after the other, from data to noise: what chains and flows are made of.
///
/// A ``Split`` among them sends a part of the numbers to the latent vector; the transforms behind it see the rest. The
/// latent is then one vector (rows, D): what the splits sent, in their order, and what is left at the end.
struct TransformSequence {
    let parts: [any FlowTransform]
    /// The shape of the data, where it was given.
    private let event: [Int]?

    init(_ parts: [any FlowTransform], event: [Int]? = nil) {
        self.parts = parts
        self.event = event
    }

    var hasSplit: Bool { parts.contains { $0 is Split } }

    /// The shapes that data of one shape takes on its way.
    struct Plan {
        /// The shape of what each part gets, and at the end of what is left.
        var shapes: [[Int]]
        /// How many numbers each split sends to the latent.
        var sent: [Int] = []
        var latent: [Int] = []
    }

    /// - Throws: ``Fault`` that says which part does not take what the ones before make, with the shapes.
    func plan(_ event: [Int]) throws -> Plan {
        var plan = Plan(shapes: [event])
        var shape = event
        for (index, part) in parts.enumerated() {
            do {
                if part is Split {
                    let halves = try Split.halves(of: shape)
                    plan.sent.append(try Shape.count(halves.sent, for: "flow.Split"))
                    shape = halves.kept
                } else {
                    shape = try part.latentShape(of: shape)
                }
            } catch let fault as Fault {
                throw Fault("\(place(index)): \(fault)")
            } catch let error as ScriptError {
                throw ScriptError(error.operation, error.message + suffix(index))
            }
            plan.shapes.append(shape)
        }
        let rest = try Shape.count(shape, for: "flow.Chain")
        plan.latent = hasSplit ? [plan.sent.reduce(rest, +)] : shape
        return plan
    }

    private func place(_ index: Int) -> String { "transform \(index + 1) of \(parts.count)" }
    private func suffix(_ index: Int) -> String { parts.count > 1 ? " (\(place(index)))" : "" }

    private func naming<T>(_ index: Int, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let fault as Fault {
            throw Fault("\(fault)" + suffix(index))
        } catch let error as ScriptError where parts.count > 1 {
            throw ScriptError(error.operation, error.message + suffix(index))
        }
    }

    /// The shape of the data: as given, or as it follows from a part that takes one shape only; nil where unknown.
    var dataEvent: [Int]? {
        if let event { return event }
        for (index, part) in parts.enumerated() {
            guard let fixed = part.fixedDataShape else { continue }
            return try? parts[..<index].reversed().reduce(fixed) { shape, part in
                part is Split ? try Split.whole(of: shape) : try part.dataShape(of: shape)
            }
        }
        return nil
    }

    func dataShape(of latent: [Int]) throws -> [Int] {
        if let event = dataEvent {
            let plan = try plan(event)
            guard plan.latent == latent else {
                throw Fault(
                    "z of shape \(Shape.describe(latent)); \(Shape.describe(plan.latent)) expected, as the data is "
                        + "\(Shape.describe(event))"
                )
            }
            return event
        }
        guard !hasSplit else { throw TransformSequence.unknownShape }
        return try parts.reversed().reduce(latent) { try $1.dataShape(of: $0) }
    }

    private static var unknownShape: ScriptError {
        ScriptError(
            "flow.Split",
            """
            the shape of the data is not known, so the latent vector cannot be divided: give it, flow.Chain{t1, ..., \
            shape = {1, 28, 28}} or flow.Flow(base, {t1, ...}, {dim = {1, 28, 28}}), or begin with a flow.Reshape
            """)
    }

    /// Data (rows, event...) to noise; the log-determinant is of shape (rows) or ().
    func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        var (value, total) = (x, try x.constant(0))
        var sent: [Variable] = []
        for (index, part) in parts.enumerated() {
            try naming(index) {
                if part is Split {
                    let halves = try Split.divide(value)
                    sent.append(try halves.sent.flatRows())
                    value = halves.kept
                } else {
                    let (next, logDeterminant) = try part.toLatent(value, context: context)
                    (value, total) = (next, try total + logDeterminant)
                }
            }
        }
        guard hasSplit else { return (value, total) }
        return (try Variable.concatenate(sent + [value.flatRows()], 1), total)
    }

    /// Noise to data.
    func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        var (value, total) = (z, try z.constant(0))
        var sent: [Variable] = []
        if hasSplit {
            guard let event = dataEvent else { throw TransformSequence.unknownShape }
            let plan = try plan(event)
            guard Array(z.shape.dropFirst()) == plan.latent else {
                throw ScriptError(
                    "flow.Split",
                    "z of shape \(Shape.describe(z.shape)); (\(z.shape[0]), \(plan.latent[0])) expected for data of "
                        + "shape \(Shape.describe(event))"
                )
            }
            var start = 0
            for count in plan.sent {
                sent.append(try z.slice(1, start, count))
                start += count
            }
            value = try z.slice(1, start, plan.latent[0] - start).reshape([z.shape[0]] + (plan.shapes.last ?? []))
        }
        for (index, part) in parts.enumerated().reversed() {
            try naming(index) {
                if part is Split {
                    value = try Split.join(value, sent.removeLast())
                } else {
                    let (next, logDeterminant) = try part.toData(value, context: context)
                    (value, total) = (next, try total + logDeterminant)
                }
            }
        }
        return (value, total)
    }

    // MARK: What the parts are together

    /// How many numbers the context has; nil where no part takes one.
    var contextSize: Int? { parts.lazy.compactMap(\.contextSize).first }
    var takesAnyContext: Bool { parts.contains { $0.takesAnyContext } }

    /// - Throws: ``Fault`` for parts that expect contexts of different sizes.
    func checkContexts() throws {
        let sizes = parts.enumerated().compactMap { index, part in part.contextSize.map { (place: index + 1, size: $0) }
        }
        if let first = sizes.first, let other = sizes.first(where: { $0.size != first.size }) {
            throw Fault(
                "transform \(first.place) takes a context of \(first.size) numbers, transform \(other.place) one of "
                    + "\(other.size)"
            )
        }
    }
}

extension Variable {
    /// (rows, event...) as (rows, D).
    func flatRows() throws -> Variable {
        shape.count == 2 ? self : try reshape([shape[0], shape.dropFirst().reduce(1, *)])
    }
}
