import Autodiff
import Scripting
import Tensors

/// A distribution that a script defines by functions: `distribution.Law{sample = ..., log_prob = ...}`, or
/// `distribution.Lorentz(0, 1)` when a plugin registered Lorentz.
///
/// A function that is not given and does not follow from the others is an error when it is called. Draws follow from
/// the quantiles (by inversion), the standard deviation from the variance.
public struct ScriptedDistribution: Distribution {
    public static let name = "Law"
    public let name: String
    public let description: String
    public var batchShape: [Int] { given.batchShape }
    public var eventShape: [Int] { given.eventShape }
    public var dtype: DType { given.dtype }
    public var parameters: [DistributionParameter] { [] }
    private let given: Definition
    public var heldValues: [Value] { given.functions.values.map { .function($0) } + given.moments.values.map(\.value) }

    /// - Throws: ``Fault`` for a definition without functions to draw or evaluate, and for one that gives the same
    ///   thing twice.
    init(name: String, description: String, _ given: Definition) throws {
        (self.name, self.description, self.given) = (name, description, given)
        guard !(given.has("sample") && given.has("rsample")) else {
            throw Fault("sample or rsample, not both: the draws of rsample are sample's, with gradients")
        }
        guard !given.functions.isEmpty else {
            throw Fault("at least one of \(Definition.functionNames.joined(separator: ", ")) expected")
        }
        _ = try Shape.count(given.batchShape + given.eventShape, for: "distribution.\(name)")
    }

    public var support: Support {
        get throws {
            guard let support = given.support else { throw missing("support", "support") }
            return support
        }
    }

    public var isReparameterised: Bool { given.has("rsample") || (!given.has("sample") && given.has("icdf")) }

    public func logDensity(_ x: Variable) throws -> Variable { try pointwise("log_prob", x) }
    public func widened() throws -> (any Distribution)? { nil }

    /// The function that is given, else computed from its logarithm or exponential, else from the opposite tail.
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
        let lower = isLogarithm ? "log_cdf" : "cdf"
        let upper = isLogarithm ? "log_survival" : "survival"
        throw missing(side == .lower ? lower : upper, side == .lower ? "cdf" : "survival or cdf")
    }
    /// The quantile that is given, or solved from the tails where `support` is given.
    public func inverseTail(_ q: Variable, _ side: TailSide) throws -> Variable {
        if given.has("icdf") { return try pointwise("icdf", side == .lower ? q : 1 - q) }
        guard given.support != nil else { throw missing("icdf", "icdf") }
        return try solvedInverse(q, side)
    }
    public func wideEntropy() throws -> Variable { try moment("entropy", batchShape) }
    public func wideMean() throws -> Variable { try moment("mean", batchShape + eventShape) }
    public func wideVariance() throws -> Variable { try moment("variance", batchShape + eventShape) }
    public func wideStandardDeviation() throws -> Variable {
        given.moments["stddev"] != nil ? try moment("stddev", batchShape + eventShape) : try wideVariance().sqrt()
    }

    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let full = shape + batchShape + eventShape
        let result: Variable
        if let name = ["rsample", "sample"].first(where: given.has), let function = given.functions[name] {
            let size = Value.list(shape.map { .integer($0) })
            result = try ScriptedResult(label(name), function, [size, .object(generator)]).variable(full)
        } else {
            guard given.has("icdf"), eventShape.isEmpty else { throw missing("sample", "sample") }
            result = try pointwise("icdf", generator.openUniforms(full, dtype, for: operation))
        }
        guard result.dtype == dtype else {
            throw ScriptError(
                self.operation, "draws are \(result.dtype.rawValue); \(dtype.rawValue) expected (option dtype)")
        }
        return result
    }

    /// Calls a function of points and checks that it returns one number per event of x broadcast with the batch.
    private func pointwise(_ name: String, _ x: Variable) throws -> Variable {
        guard let function = given.functions[name] else { throw missing(name, name) }
        let lead = Array(x.shape.dropLast(name == "log_prob" ? eventShape.count : 0))
        let shape = try Shape.broadcast(lead, batchShape, for: operation)
        // NaN is accepted where x has NaN.
        let mayHoldNaN = try x.value.toArray().contains(where: \.isNaN)
        return try ScriptedResult(label(name), function, [.object(x)]).variable(shape, mayHoldNaN: mayHoldNaN)
    }

    /// A moment as a tensor of `shape`: a number, tensor or table that broadcasts to it, or a function that returns
    /// one.
    private func moment(_ name: String, _ shape: [Int]) throws -> Variable {
        guard let moment = given.moments[name] else { throw missing(name, name) }
        let expected = "a number or a tensor of shape \(Shape.describe(shape)) expected"
        let numbers: Numbers
        switch moment {
        case .numbers(let given): numbers = given
        case .function(let function):
            let result = try function.call([]).first ?? .none
            guard let given = try? Domain<Numbers>.numbers.read(result) else {
                throw ScriptError(label(name), "\(expected), got \(result.shown)")
            }
            numbers = given
        }
        let variable = try numbers.variable(dtype)
        guard (try? Shape.broadcast(variable.shape, shape, for: operation)) == shape else {
            throw ScriptError(label(name), "\(expected), got shape \(Shape.describe(variable.shape))")
        }
        return try variable.spread(shape)
    }

    private func label(_ name: String) -> String { "\(operation): \(name)" }

    private func missing(_ what: String, _ option: String) -> ScriptError {
        ScriptError("distribution:\(what)", "\(operation) gives none: its definition has no \(option)")
    }
}

extension ScriptedDistribution {
    static let declaration = Declaration(
        "distribution.Law",
        """
        A distribution of your own. Of cdf, log_cdf, survival and log_survival, what is missing follows from the \
        others, in the far tails less exactly. With icdf and without sample, draws are made by inversion. What is \
        not given is an error when it is asked for. To give it a name that any script can use, register it: \
        host.register{distributions = {Lorentz = function(x0, gamma) return {log_prob = ...} end}} makes \
        distribution.Lorentz(0, 1).
        """,
        by: .table, takes: Definition.options.parameter, returns: .distribution,
        errors: """
            nothing to draw or evaluate; later, results of another shape or dtype, or with NaN: the message names \
            the distribution and the function
            """,
        example: """
            local lorentz = distribution.Law{
              name = "Lorentz",
              log_prob = function(x) return -(1 + x * x):log() - math.log(math.pi) end,
              icdf = function(q) return (math.pi * (q - 0.5)):sin() / (math.pi * (q - 0.5)):cos() end,
            }
            assert(lorentz:sample({5}).shape[1] == 5)
            assert(math.abs(lorentz:log_prob(0):item() + math.log(math.pi)) < 1e-6)
            assert(not pcall(function() return lorentz.mean end))
            local wait = distribution.Law{log_survival = function(t) return -t end}
            assert(wait:log_survival(200):item() == -200 and math.abs(wait:cdf(2):item() - 1 + math.exp(-2)) < 1e-6)
            """
    ) { given in
        // Some estimators choose formulas by a distribution's name, so that built-in names cannot be taken.
        guard !Catalogue.distributions.contains(where: { $0.name == given.name }) else {
            throw Fault("name", "\(given.name) is built in; choose another name")
        }
        let description = "distribution.Law{name = \"\(given.name)\"}"
        return try ScriptedDistribution(name: given.name, description: description, given)
    }

    /// `distribution.Lorentz(0, 1)`: calls what was registered as Lorentz, and makes a distribution of the table that
    /// it returns.
    static let registered = ScriptedConstructors(.distributions) { name in
        NativeFunction(
            Declaration(
                "distribution.\(name)", "",
                takes: .argument("constructor", .function), .rest("", .anything),
                returns: .object(DistributionObject.type)
            ) { constructor, arguments in
                let result = try constructor.call(arguments).first ?? .none
                switch result {
                // The function returned an existing kind of distribution.
                case .object(let object as DistributionObject): return object
                case .table(let table):
                    // Its name is the registered one, whatever name the table gives.
                    let given = try Definition.options.read(table, over: Definition())
                    let description = "distribution.\(name)(\(arguments.written))"
                    return DistributionObject(try ScriptedDistribution(name: name, description: description, given))
                default:
                    throw Fault(
                        "the registered function returned \(result.shown); a table {log_prob = f, ...} expected")
                }
            }
        ).remembering(after: 1)
    }
}

extension RegistryKind {
    /// Distributions that scripts register, made by `distribution.NAME(...)`.
    public static let distributions = RegistryKind("distributions", constructorsOf: "distribution")
}
