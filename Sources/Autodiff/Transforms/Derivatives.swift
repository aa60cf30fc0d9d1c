import Scripting
import Tensors

extension Transform {
    /// The first result of a function, flattened: Jacobians are computed of it.
    private static func flat(_ values: [Variable], _ operation: String) throws -> Variable {
        guard let value = values.first else {
            throw ScriptError(operation, "the function returned nothing; a tensor expected")
        }
        return try value.reshape([value.value.count])
    }

    /// Vector-Jacobian product: the function's value at x, and vᵀ J in x's shape.
    public static func vjp(
        of function: ([Variable]) throws -> [Variable], at x: Variable, _ v: Variable?, createGraph: Bool = true,
        for operation: String
    ) throws -> (value: Variable, product: Variable) {
        let call = Call(createGraph: createGraph, operation)
        let inner = try call.fresh(x)
        let values = try call.values(of: function, at: [inner])
        guard let value = values.first else {
            throw ScriptError(operation, "the function returned nothing; a tensor expected")
        }
        let recording = isRecording(values, [x] + (v.map { [$0] } ?? []), [inner])
        let products = try call.pullBack([value], seeds: [try value.seed(v, operation)], to: [inner], recording)
        let product = try apart(products, from: [x] + (v.map { [$0] } ?? []))[0]
        return (call.result(try value.clone(), recording), call.result(product, recording))
    }

    /// Jacobian-vector product: the function's value at x, and J v in the value's shape.
    ///
    /// By two reverse passes: uᵀ J is linear in u, and its vector-Jacobian product with v is J v.
    public static func jvp(
        of function: ([Variable]) throws -> [Variable], at x: Variable, _ v: Variable, createGraph: Bool = true,
        for operation: String
    ) throws -> (value: Variable, product: Variable) {
        try checkDirection(v, x, operation)
        let isEnabled = GradMode.isEnabled
        let call = Call(createGraph: createGraph, operation)
        let inner = try call.fresh(x)
        let values = try call.values(of: function, at: [inner])
        guard let value = values.first else {
            throw ScriptError(operation, "the function returned nothing; a tensor expected")
        }
        let recording = isEnabled && isRecording(values, [x, v], [inner])
        let product = try GradMode.$isEnabled.withValue(true) {
            let probe = Variable(try Tensor.zeros(value.shape, value.dtype.computing))
            try probe.setRequiresGrad(true)
            // The first pass is always recorded: the second one differentiates it.
            let linear = try Call(joins: true, operation).pullBack([value], seeds: [probe], to: [inner], true)[0]
            return try call.pullBack([linear], seeds: [try linear.seed(v, operation)], to: [probe], recording)
        }
        return (call.result(try value.clone(), recording), call.result(try apart(product, from: [x, v])[0], recording))
    }

    private static func checkDirection(_ v: Variable, _ x: Variable, _ operation: String) throws {
        guard v.shape == x.shape else {
            throw ScriptError(
                operation, "the direction has shape \(Shape.describe(v.shape)), the point \(Shape.describe(x.shape))")
        }
    }

    /// df/dx of shape (shape of f, shape of x), row by row.
    public static func jacobian(
        of function: ([Variable]) throws -> [Variable], at x: Variable, createGraph: Bool = true, for operation: String
    ) throws -> Variable {
        let call = Call(createGraph: createGraph, operation)
        let inner = try call.fresh(x)
        let values = try call.values(of: function, at: [inner])
        let output = values.first?.shape ?? []
        let rows = try GradMode.$isEnabled.withValue(true) { try flat(values, operation) }
        let joined = output + x.shape
        let recording = isRecording(values, [x], [inner])
        guard rows.value.count > 0 else { return Variable(try Tensor.zeros(joined, x.dtype.computing)) }
        let gradients = try (0..<rows.value.count).map { row in
            let seed = try Tensor.zeros([rows.value.count], rows.dtype)
            try seed.select(0, row).fill(1)
            let gradient = try call.pullBack([rows], seeds: [Variable(seed)], to: [inner], recording)[0]
            return try gradient.reshape([1, x.value.count])
        }
        return call.result(try Variable.concatenate(gradients, 0, for: operation).reshape(joined), recording)
    }

    /// The Hessian of a function with a single number as value, of shape (shape of x, shape of x).
    public static func hessian(
        of function: @escaping ([Variable]) throws -> [Variable], at x: Variable, createGraph: Bool = true,
        for operation: String
    ) throws -> Variable {
        try jacobian(
            of: { try gradient(of: function, at: [$0[0]], for: operation) }, at: x, createGraph: createGraph,
            for: operation)
    }

    /// Hessian-vector product: the function's value at x, and H v in x's shape.
    public static func hvp(
        of function: @escaping ([Variable]) throws -> [Variable], at x: Variable, _ v: Variable,
        createGraph: Bool = true,
        for operation: String
    ) throws -> (value: Variable, product: Variable) {
        try checkDirection(v, x, operation)
        var value: Variable?
        let (_, product) = try vjp(
            of: { inner in
                let (values, gradients) = try valueAndGradient(of: function, at: [inner[0]], for: operation)
                value = values[0]
                return gradients
            }, at: x, v, createGraph: createGraph, for: operation)
        guard let value else { throw ScriptError(operation, "the function returned nothing") }
        if product.isSevered { return (.severed(value.value), product) }
        return (product.requiresGrad ? value : value.detached(), product)
    }

    /// Compares a function's gradients with central differences, in float64.
    ///
    /// - Returns: nil when all agree, else a description of the worst element.
    public static func gradientCheck(
        of function: ([Variable]) throws -> [Variable], at points: [Variable], step: Double = 1e-6,
        absoluteTolerance: Double = 1e-5, relativeTolerance: Double = 1e-3, for operation: String
    ) throws -> String? {
        let points = try points.map { Variable(try $0.value.copy(.float64)) }
        func weighed(_ arguments: [Variable]) throws -> Variable {
            // Every element of the result gets a different weight, so that errors do not cancel.
            guard let value = try function(arguments).first else {
                throw ScriptError(operation, "the function returned nothing; a tensor expected")
            }
            let weights = (0..<value.value.count).map { 1 + Double($0 % 7) / 8 }
            return try (value * Variable(Tensor(weights, shape: value.shape, .float64))).sum()
        }
        let gradients = try gradient(of: { [try weighed($0)] }, at: points, for: operation)
        var worst: (excess: Double, text: String)?
        for (argument, point) in points.enumerated() {
            let analytic = try gradients[argument].value.toArray()
            let values = try point.value.toArray()
            for index in values.indices {
                func value(at shift: Double) throws -> Double {
                    var moved = values
                    moved[index] += shift
                    var arguments = points
                    arguments[argument] = Variable(try Tensor(moved, shape: point.shape, .float64))
                    return try GradMode.$isEnabled.withValue(false) { try weighed(arguments).value.item() }
                }
                let numeric = (try value(at: step) - value(at: -step)) / (2 * step)
                let excess = abs(analytic[index] - numeric) - absoluteTolerance - relativeTolerance * abs(numeric)
                // Comparisons with NaN are false; NaN must not pass.
                if !(excess <= 0), worst == nil || excess > (worst?.excess ?? 0) || excess.isNaN {
                    worst = (
                        excess,
                        "argument \(argument + 1) \(Shape.describe(point.shape)), element \(index + 1): gradient "
                            + "\(shown(analytic[index])), finite differences \(shown(numeric))"
                    )
                }
            }
        }
        return worst?.text
    }
}
