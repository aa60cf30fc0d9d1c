import Scripting
import Tensors

/// `montecarlo.race`.
enum Race {
    static let function = NativeFunction(
        "montecarlo.race",
        Documentation(
            "montecarlo.race{estimators = {{name, f}, ...}, repetitions = 100, reference} -> table",
            "Runs every estimator f() repetitions times and compares them. f returns a number, a tensor, or a table with gradients (a list of tensors, as the gradient estimators return; statistics = false makes them quick) or estimate (as importance_sampling returns), and evaluations if it knows its cost. reference is the truth: a number, a tensor, a table of tensors, {gradients or estimate, standard_errors or standard_error}, or the name of an estimator to compare with. Returns results, a list in the order given of {name, mean, variances (tensors, all components in one vector), variance (their sum), z (of every component), bias_z (the z of largest size: about |z| < 3 for one component of an unbiased estimator, more for many), evaluations, seconds (per call)} for each estimator, and text: the table, for print.",
            errors: "no estimators; repetitions below 2; an answer that is NaN or infinite, or changes its size; a reference of another size",
            example: """
                local g = random.generator(0)
                local function mean(n)
                  return function() return {estimate = random.normal({n}, {generator = g}):mean():item(), evaluations = n} end
                end
                local r = montecarlo.race{estimators = {{"10 draws", mean(10)}, {"40 draws", mean(40)}}, reference = 0}
                local few, many = r.results[1], r.results[2]
                assert(math.abs(few.bias_z) < 4 and few.variance > many.variance and many.evaluations == 40)
                assert(r.text:find("40 draws"))
                """)
    ) { arguments in
        try arguments.atMost(1)
        let options = try arguments.options(1, ["estimators", "repetitions", "reference"])
        let repetitions = try options.integer("repetitions", in: 2...(1 << 40), default: 100)
        let results = try estimators(options).map { try run($0.name, $0.function, repetitions, arguments.function) }
        let reference = try reference(options, results)
        var biases: [Double?] = []
        var rows: [Value] = []
        for result in results {
            let z = reference.map { result.zScores($0.values, $0.errors) }
            let bias = z?.reduce(0.0) { abs($1) > abs($0) ? $1 : $0 }
            let isReference = reference?.name == result.name
            biases.append(isReference ? nil : bias)
            func vector(_ numbers: [Double]) throws -> Value { .tensor(try Tensor(numbers, shape: [numbers.count], .float64)) }
            rows.append(.record([
                (key: "name", value: .string(result.name)),
                (key: "mean", value: try vector(result.means)),
                (key: "variances", value: try vector(result.variances)),
                (key: "variance", value: .number(result.variance)),
                (key: "z", value: isReference ? .none : try z.map { try vector($0) } ?? .none),
                (key: "bias_z", value: isReference ? .none : bias.map { .number($0) } ?? .none),
                (key: "evaluations", value: result.evaluations.map { .number($0) } ?? .none),
                (key: "seconds", value: .number(result.seconds)),
            ]))
        }
        return .record([(key: "results", value: .list(rows)), (key: "text", value: .string(RaceResult.table(results, biases)))])
    }

    private static func estimators(_ options: Options) throws -> [(name: ByteString, function: any ScriptFunction)] {
        guard case .table(let table) = options["estimators"], try table.count > 0 else {
            throw options.error("estimators", expected: "a table {{name, function}, ...}")
        }
        var known: Set<ByteString> = []
        return try table.elements().enumerated().map { index, value in
            guard case .table(let pair) = value, case .string(let name) = try pair.value(at: 1), case .function(let function) = try pair.value(at: 2) else {
                throw ScriptError(options.function, "option estimators: element \(index + 1): {name, function} expected, got \(value.shown)")
            }
            guard known.insert(name).inserted else { throw ScriptError(options.function, "option estimators: \(name.quoted()) is there twice") }
            return (name, function)
        }
    }

    private static func run(_ name: ByteString, _ function: any ScriptFunction, _ repetitions: Int, _ operation: String) throws -> RaceResult {
        var answers: [[Double]] = []
        var evaluations: Double? = 0
        let clock = ContinuousClock()
        var time = Duration.zero
        for repetition in 1...repetitions {
            try Cancellation.check()
            var result = Value.none
            time += try clock.measure { result = try function.call([]).first ?? .none }
            let place = "\"\(name)\", repetition \(repetition)"
            guard let answer = try Answer(result)?.values, !answer.isEmpty else {
                throw ScriptError(operation, "\(place) returned \(result.shown); a number, a tensor, or a table with gradients or estimate expected")
            }
            guard answer.count == answers.first?.count ?? answer.count else {
                throw ScriptError(operation, "\(place) returned \(answer.count) numbers, before \(answers[0].count)")
            }
            if let bad = answer.first(where: { !$0.isFinite }) { throw ScriptError(operation, "\(place) returned \(shown(bad)); finite numbers expected") }
            answers.append(answer)
            var cost: Double?
            if case .table(let table) = result { cost = try table.value(for: "evaluations").asNumber }
            evaluations = cost.flatMap { cost in evaluations.map { $0 + cost } }
        }
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        return RaceResult(name, answers: answers, evaluations: evaluations.map { $0 / Double(repetitions) }, seconds: seconds / Double(repetitions))
    }

    private static func reference(_ options: Options, _ results: [RaceResult]) throws -> (name: ByteString?, values: [Double], errors: [Double])? {
        guard options.has("reference") else { return nil }
        let found: (name: ByteString?, values: [Double], errors: [Double])
        if case .string(let name) = options["reference"] {
            guard let result = results.first(where: { $0.name == name }) else {
                throw ScriptError(options.function, "option reference: no estimator \"\(name)\"" + suggestion(for: name.text, among: results.map(\.name.text)))
            }
            found = (name, result.means, result.variances.map { ($0 / Double(result.repetitions)).squareRoot() })
        } else {
            guard let answer = try Answer(options["reference"]) else {
                throw options.error("reference", expected: "a number, a tensor, a table of tensors, a table with gradients or estimate, or an estimator's name")
            }
            found = (nil, answer.values, answer.errors ?? [Double](repeating: 0, count: answer.values.count))
        }
        for result in results where result.means.count != found.values.count || found.errors.count != found.values.count {
            throw ScriptError(
                options.function, "reference has \(found.values.count) number\(found.values.count == 1 ? "" : "s"), the answers of \"\(result.name)\" \(result.means.count)")
        }
        try Vectors.checkFinite(found.values + found.errors, "reference", for: options.function)
        return found
    }
}
