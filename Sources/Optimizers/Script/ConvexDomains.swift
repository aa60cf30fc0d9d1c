import Autodiff
import Projections
import Scripting
import Tensors

// Arguments and results of the splitting methods.

extension Domain<Proximable> {
    /// A projection, a function of `prox`, or a Lua function (v, step).
    static var proximable: Domain {
        let type = ScriptType.either([.object(ProjectionObject.type.name), .object(ProxObject.type.name), .function])
        let expected = "a projection, a prox or a function of v and step"
        return Domain(type, expected: expected, show: { _ in "prox" }) { value in
            switch value {
            case .object(let object as ProjectionObject): .set(object.set)
            case .object(let object as ProxObject): .function(object.function)
            case .function(let function): .map { v, step in try mapped(function, v, step) }
            default: nil
            }
        }
    }

    private static func mapped(_ function: any ScriptFunction, _ v: Tensor, _ step: Double) throws -> Tensor {
        // A copy: scripts may write to what they are given.
        let result = try function.call([.tensor(v.copy()), .number(step)]).first ?? .none
        guard case .object(let object as Variable) = result else {
            throw Fault("the proximal map returned \(result.shown); a tensor of v's shape expected")
        }
        guard object.shape == v.shape else {
            throw Fault(
                "the proximal map returned shape \(Shape.describe(object.shape)) for v \(Shape.describe(v.shape))")
        }
        let point = try object.value.copy(v.dtype)
        guard try point.isFinite() else { throw Fault("the proximal map returned nan or an infinity") }
        return point
    }
}

extension Parameter<Progress> {
    /// The options `steps`, `tolerance` and `callback`.
    static func progress(_ rule: String) -> Parameter {
        .joined(
            .option("steps", .integer(from: 0), default: 1000, "the most"),
            .option("tolerance", .number(from: 0), default: 1e-6, rule),
            .option(
                "callback", .optional(.function),
                """
                callback(k, x, objective, residual) is called after step k, and ends the iteration by returning false; \
                objective is nil where it is not known
                """)
        ) { steps, tolerance, callback in
            var progress = Progress()
            (progress.steps, progress.tolerance) = (steps, tolerance)
            if let callback {
                progress.callback = { k, x, objective, residual in
                    let values: [Value] = [
                        .integer(k), .tensor(x), objective.map { .number($0) } ?? .none, .number(residual),
                    ]
                    if case .boolean(false) = try callback.call(values).first ?? .none { return false }
                    return true
                }
            }
            return progress
        }
    }
}

extension Parameter<SavedState?> {
    /// The option `state`: where an earlier call ended.
    static var state: Parameter {
        Parameter<(any ScriptTable)?>.option(
            "state", .optional(.table),
            """
            report.state of an earlier call: goes on from there as if it had not ended, but from x0 where that is \
            another x than it left
            """
        ).mapped { $0.map { SavedState($0) } }
    }
}

extension Parameter {
    fileprivate func mapped<U>(_ transform: @escaping @Sendable (T) throws -> U) -> Parameter<U> {
        .joined(self, make: transform)
    }
}

/// A state that a script passed, read field by field.
struct SavedState {
    private let table: any ScriptTable

    init(_ table: any ScriptTable) { self.table = table }

    /// The tensor of this name; throws unless it has the shape.
    func tensor(_ name: String, _ shape: [Int], _ dtype: DType) throws -> Tensor {
        let value = try table.value(for: ByteString(name))
        guard case .object(let object as Variable) = value else {
            throw Fault("state", "\(name) is \(value.shown); a tensor expected, as report.state has it")
        }
        guard object.shape == shape else {
            throw Fault(
                "state",
                "\(name) has shape \(Shape.describe(object.shape)); \(Shape.describe(shape)) expected: it is of "
                    + "another x0"
            )
        }
        return try object.value.copy(dtype)
    }

    /// The number of this name; throws unless it is finite and at least `least`.
    func number(_ name: String, from least: Double = 0) throws -> Double {
        guard let number = try optional(name), number >= least, number.isFinite else {
            throw Fault(
                "state",
                "\(name) is \(try table.value(for: ByteString(name)).shown); a finite number from \(shown(least)) "
                    + "expected"
            )
        }
        return number
    }

    func optional(_ name: String) throws -> Double? { try table.value(for: ByteString(name)).asNumber }

    /// The field with the number of steps done.
    func count() throws -> Int {
        guard let k = try table.value(for: "k").asInteger, 0...(1 << 53) ~= k else {
            throw Fault("state", "k is \(try table.value(for: "k").shown); a whole number from 0 to 2^53 expected")
        }
        return k
    }

    /// The field with the step size found, if there is one.
    func stepSize() throws -> Double? {
        guard let number = try optional("lr") else { return nil }
        guard number > 0, number.isFinite else {
            throw Fault("state", "lr is \(shown(number)); a finite number above 0 expected")
        }
        return number
    }
}

/// The results of the methods: x and a report.
struct ConvexResult {
    let x: Tensor
    let trace: Trace
    let steps: Int
    var numbers: [(key: String, value: Double)] = []
    let state: [(key: String, value: Value)]
}

extension Results<ConvexResult> {
    static func convex(_ names: [String], dual: Bool = false) -> Results {
        let list = ScriptType.list(.number)
        let lists = ["objective", "residual"] + (dual ? ["dual_residual"] : [])
        let report = ScriptType.record(
            [.init("converged", .boolean), .init("steps", .integer)] + lists.map { .init($0, list) }
                + names.map { .init($0, .number) } + [.init("state", .table)])
        return Results([ResultSpec("x", .object(Variable.type.name)), ResultSpec("report", report)]) { result in
            func numbers(_ list: [Double]) -> Value { .list(list.map { .number($0) }) }
            var fields: [(key: String, value: Value)] = [
                ("converged", .boolean(result.trace.converged)), ("steps", .integer(result.steps)),
                ("objective", numbers(result.trace.objective)), ("residual", numbers(result.trace.residual)),
            ]
            if dual { fields.append(("dual_residual", numbers(result.trace.dualResidual))) }
            fields += result.numbers.map { ($0.key, .number($0.value)) }
            fields.append(("state", .record(result.state)))
            return [.tensor(result.x), .record(fields)]
        }
    }
}

/// A script's f(x), which must return a tensor of one number.
func smooth(_ f: any ScriptFunction) -> (Variable) throws -> Variable {
    { point in
        let result = try f.call([.object(point)]).first ?? .none
        guard case .object(let object) = result, let value = object as? Variable else {
            throw Fault("f returned \(result.shown); a tensor of one number expected")
        }
        return value
    }
}

/// Whether two tensors hold the same numbers.
func isSame(_ a: Tensor, _ b: Tensor) throws -> Bool { try a.toArray() == b.toArray() }

/// x0, checked to be finite, in the dtype of the computation.
func startingPoint(_ x: Tensor) throws -> Tensor {
    let start = try x.copy(x.dtype.computing)
    guard try start.isFinite() else { throw Fault("x0", "holds nan or an infinity; finite numbers expected") }
    return start
}

enum ConvexText {
    /// A sentence that the four summaries share.
    static let ending = """
        Returns x, a new plain tensor, and a report: converged, whether the tolerance was reached; steps; a list of \
        the objective and one of residuals, one of each per step; and state, with which another call goes on exactly. \
        For a loop that can be paused call it with steps = 1 inside host.steps.
        """
}
