import Autodiff
import Scripting
import Tensors

/// A law that a script defines by functions: `distribution.Law{sample = ..., log_prob = ...}`, or
/// `distribution.Cauchy(0, 1)` when a plugin registered Cauchy.
///
/// What it does not give and what does not follow from the rest is an error when it is asked for. Draws follow from the
/// quantiles (by inversion), the standard deviation from the variance.
public struct ScriptedLaw: Distribution {
    public static let name = "Law"
    public let name: String
    public let description: String
    public let batchShape: [Int]
    public let eventShape: [Int]
    public let dtype: DType
    public var parameters: [Parameter] { [] }
    private let given: Options
    public var heldValues: [Value] { Array(given.values.values) }

    /// Reads the table that defines a law.
    init(name: String, description: String, _ given: Options) throws {
        (self.name, self.description, self.given) = (name, description, given)
        batchShape = try given.shape("batch_shape") ?? []
        eventShape = try given.shape("event_shape") ?? []
        dtype =
            try given.choice("dtype", ["float32", "float64"], default: "float32") == "float64" ? .float64 : .float32
        guard !(given.has("sample") && given.has("rsample")) else {
            throw ScriptError(
                given.function, "sample or rsample, not both: the draws of rsample are sample's, with gradients")
        }
        for name in ScriptedLaw.functions { _ = try given.function(name) }
        guard ScriptedLaw.functions.contains(where: { given.has($0) }) else {
            throw ScriptError(
                given.function, "at least one of \(ScriptedLaw.functions.joined(separator: ", ")) expected")
        }
    }

    private static let functions = [
        "sample", "rsample", "log_prob", "cdf", "log_cdf", "survival", "log_survival", "icdf",
    ]
    static let options = functions + ["entropy", "mean", "variance", "stddev", "batch_shape", "event_shape", "dtype"]

    public var isReparameterised: Bool { given.has("rsample") || (!given.has("sample") && given.has("icdf")) }

    public func logDensity(_ x: Variable) throws -> Variable { try pointwise("log_prob", x) }
    public func widened() throws -> (any Distribution)? { nil }

    /// What is given, else what follows from the same tail, else from the other one.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let isLogarithm = form == .logarithm
        for source in [side, side.other] {
            let (plain, log) = source == .lower ? ("cdf", "log_cdf") : ("survival", "log_survival")
            guard given.has(plain) || given.has(log) else { continue }
            if source == side {
                if given.has(isLogarithm ? log : plain) { return try pointwise(isLogarithm ? log : plain, x) }
                return try isLogarithm ? pointwise(plain, x).log() : pointwise(log, x).exp()
            }
            if given.has(plain) {
                let rest = try pointwise(plain, x)
                return try isLogarithm ? (-rest).log1p() : 1 - rest
            }
            let rest = try -pointwise(log, x).expm1()
            return try isLogarithm ? rest.log() : rest
        }
        let lower = isLogarithm ? "log_cdf" : "cdf", upper = isLogarithm ? "log_survival" : "survival"
        throw missing(side == .lower ? lower : upper, side == .lower ? "cdf" : "survival or cdf")
    }
    public func inverseCumulative(_ q: Variable) throws -> Variable { try pointwise("icdf", q) }
    public func wideEntropy() throws -> Variable { try moment("entropy", batchShape) }
    public func wideMean() throws -> Variable { try moment("mean", batchShape + eventShape) }
    public func wideVariance() throws -> Variable { try moment("variance", batchShape + eventShape) }
    public func wideStandardDeviation() throws -> Variable {
        given.has("stddev") ? try moment("stddev", batchShape + eventShape) : try wideVariance().sqrt()
    }

    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let full = shape + batchShape + eventShape
        let result: Variable
        if let name = ["rsample", "sample"].first(where: { given.has($0) }), let function = try given.function(name) {
            let size = Value.list(shape.map { .integer($0) })
            result = try ScriptedResult(label(name), function, [size, .object(generator)]).variable(full)
        } else {
            guard given.has("icdf"), eventShape.isEmpty else { throw missing("sample", "sample") }
            result = try inverseCumulative(generator.openUniforms(full, dtype, for: operation))
        }
        guard result.dtype == dtype else {
            throw ScriptError(
                self.operation, "draws are \(result.dtype.rawValue); \(dtype.rawValue) expected (option dtype)")
        }
        return result
    }

    /// A function of points, one number per event of x broadcast with the batch.
    private func pointwise(_ name: String, _ x: Variable) throws -> Variable {
        guard let function = try given.function(name) else { throw missing(name, name) }
        let lead = Array(x.shape.dropLast(name == "log_prob" ? eventShape.count : 0))
        let shape = try Shape.broadcast(lead, batchShape, for: operation)
        // NaN at NaN is right.
        let mayHoldNaN = try x.value.toArray().contains(where: \.isNaN)
        return try ScriptedResult(label(name), function, [.object(x)]).variable(shape, mayHoldNaN: mayHoldNaN)
    }

    /// A number, a tensor or table that broadcasts to the shape, or a function that returns one.
    private func moment(_ name: String, _ shape: [Int]) throws -> Variable {
        guard given.has(name) else { throw missing(name, name) }
        var value = given[name]
        if let function = try? given.function(name) { value = try function.call([]).first ?? .none }
        if let number = value.asNumber { return Variable(try Tensor.full(shape, number, dtype)) }
        if case .table(let table) = value {
            var nested = Nested()
            try nested.read(table, 0, for: operation, name)
            value = .tensor(try Tensor(nested.values, shape: nested.shape, dtype))
        }
        guard case .object(let object as Variable) = value,
            (try? Shape.broadcast(object.shape, shape, for: operation)) == shape
        else {
            let got =
                if case .object(let object as Variable) = value { "shape \(Shape.describe(object.shape))" } else {
                    value.shown
                }
            throw ScriptError(
                label(name), "a number or a tensor of shape \(Shape.describe(shape)) expected, got \(got)")
        }
        return try object.spread(shape)
    }

    private func label(_ name: String) -> String { "\(operation): \(name)" }

    private func missing(_ what: String, _ option: String) -> ScriptError {
        ScriptError("distribution:\(what)", "\(operation) gives none: its definition has no \(option)")
    }
}

extension ScriptedLaw {
    static let constructor = NativeFunction(
        "distribution.Law",
        Documentation(
            "distribution.Law{name = \"Law\", sample = f, log_prob = g, ...} -> distribution",
            """
            A law of your own. sample(shape, generator) returns draws of shape {n, ...} followed by batch and event \
            shape, made from the generator; rsample in its place says that the draws are differentiable. log_prob(x), \
            cdf(x), log_cdf(x), survival(x), log_survival(x) and icdf(q) return one number per event; of the four that \
            are probabilities, what is missing follows from the others, in the far tails less exactly. mean, variance, \
            stddev and entropy are numbers, tensors or functions that return one. Options: batch_shape and event_shape ({} each), dtype (\"float32\"). With icdf \
            and without sample, draws are made by inversion. What is not given is an error when it is asked for. To \
            give it a name that any script can use, register it: host.register{distributions = {Cauchy = function(x0, \
            gamma) return {log_prob = ...} end}} makes distribution.Cauchy(0, 1).
            """,
            errors:
                """
                nothing to draw or evaluate; an unknown option; later, results of another shape or dtype, or with NaN: the \
                message names the law and the function
                """,
            example: """
                local cauchy = distribution.Law{
                  name = "Cauchy",
                  log_prob = function(x) return -(1 + x * x):log() - math.log(math.pi) end,
                  icdf = function(q) return (math.pi * (q - 0.5)):sin() / (math.pi * (q - 0.5)):cos() end,
                }
                assert(cauchy:sample({5}).shape[1] == 5)
                assert(math.abs(cauchy:log_prob(0):item() + math.log(math.pi)) < 1e-6)
                assert(not pcall(function() return cauchy.mean end))
                local wait = distribution.Law{log_survival = function(t) return -t end}
                assert(wait:log_survival(200):item() == -200 and math.abs(wait:cdf(2):item() - 1 + math.exp(-2)) < 1e-6)
                """)
    ) { arguments -> Value in
        try arguments.atMost(1)
        let given = try Options(
            function: arguments.function, table: arguments.table(1, "options"), known: ["name"] + ScriptedLaw.options)
        let name = try given.string("name", default: ScriptedLaw.name)
        // Some estimators know laws by their names.
        guard !Catalogue.laws.contains(where: { $0.name == name }) else {
            throw arguments.error("option name: \(name) is built in; choose another name")
        }
        return .object(
            DistributionObject(try ScriptedLaw(name: name, description: "distribution.Law{name = \"\(name)\"}", given)))
    }

    /// `distribution.Cauchy(0, 1)`: calls what was registered as Cauchy and makes a law of the table it returns.
    static let registered = ScriptedConstructors(RegistryKind("distributions", constructorsOf: "distribution")) { name in
        NativeFunction("distribution.\(name)", Documentation("", "")) { arguments -> Value in
            let given = Array(arguments.values.dropFirst())
            let result = try arguments.function(1, "constructor").call(given).first ?? .none
            switch result {
            // One of the laws there are, by another name.
            case .object(let object as DistributionObject): return .object(object)
            case .table(let table):
                // Its name is the registered one, whatever the table says.
                let options = try Options(
                    function: arguments.function, table: table, known: ["name"] + ScriptedLaw.options)
                return .object(
                    DistributionObject(
                        try ScriptedLaw(name: name, description: "distribution.\(name)(\(given.written))", options)))
            default:
                throw arguments.error(
                    "the registered function returned \(result.shown); a table {log_prob = f, ...} expected")
            }
        }
    }
}
