import Scripting
import Tensors

/// `montecarlo.race`.
enum Race {
    static let declaration = Declaration(
        "montecarlo.race",
        """
        Runs every estimator repetitions times and compares them. Returns results, one of each estimator in the order \
        given: name, mean, variances (all components in one vector), variance (their sum), z (of every component), \
        bias_z (the z of largest size: about |z| < 3 for one component of an unbiased estimator, more for many), \
        evaluations, seconds (per call); and text: the table, for print.
        """,
        by: .table,
        takes: .option(
            "estimators", .entries,
            """
            each returns a number, a tensor, or a table with gradients (a list of tensors, as the gradient estimators \
            return; statistics = false makes them quick) or estimate (as importance_sampling returns), and evaluations \
            if it knows its cost
            """),
        .option("repetitions", .integer(from: 2, to: 1 << 40), default: 100),
        .option(
            "reference", .optional(.reference),
            "the truth, beside which standard_errors or standard_error may stand, or an estimator to compare with"),
        .operation, returns: .value(result),
        errors: "an answer that is NaN or infinite, or changes its size; a reference of another size",
        example: """
            local g = random.generator(0)
            local function mean(n)
              return function()
                return {estimate = random.normal({n}, {generator = g}):mean():item(), evaluations = n}
              end
            end
            local r = montecarlo.race{estimators = {{"10 draws", mean(10)}, {"40 draws", mean(40)}}, reference = 0}
            local few, many = r.results[1], r.results[2]
            assert(math.abs(few.bias_z) < 4 and few.variance > many.variance and many.evaluations == 40)
            assert(r.text:find("40 draws"))
            """
    ) { estimators, repetitions, reference, operation in
        let results = try estimators.map { try run($0.name, $0.function, repetitions, operation) }
        let truth = try reference.map { try Truth($0, results, operation) }
        var biases: [Double?] = []
        var rows: [Value] = []
        for result in results {
            let z = truth.map { result.zScores($0.values, $0.errors) }
            let bias = z?.reduce(0.0) { abs($1) > abs($0) ? $1 : $0 }
            let isReference = truth?.name == result.name
            biases.append(isReference ? nil : bias)
            func vector(_ numbers: [Double]) throws -> Value {
                .tensor(try Tensor(numbers, shape: [numbers.count], .float64))
            }
            rows.append(
                .record([
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
        let table = RaceResult.table(results, biases)
        return .record([(key: "results", value: .list(rows)), (key: "text", value: .string(table))])
    }

    private static let result: ScriptType = {
        let tensor = ScriptType.object(Variable.type.name)
        let row = ScriptType.record([
            .init("name", .string), .init("mean", tensor), .init("variances", tensor), .init("variance", .number),
            .init("z", tensor), .init("bias_z", .number), .init("evaluations", .number), .init("seconds", .number),
        ])
        return .record([.init("results", .list(row)), .init("text", .string)])
    }()

    private static func run(_ name: ByteString, _ function: any ScriptFunction, _ repetitions: Int, _ operation: String)
        throws -> RaceResult
    {
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
                throw ScriptError(
                    operation,
                    "\(place) returned \(result.shown); a number, a tensor, or a table with gradients or estimate "
                        + "expected"
                )
            }
            guard answer.count == answers.first?.count ?? answer.count else {
                throw ScriptError(operation, "\(place) returned \(answer.count) numbers, before \(answers[0].count)")
            }
            if let bad = answer.first(where: { !$0.isFinite }) {
                throw ScriptError(operation, "\(place) returned \(shown(bad)); finite numbers expected")
            }
            answers.append(answer)
            var cost: Double?
            if case .table(let table) = result { cost = try table.value(for: "evaluations").asNumber }
            evaluations = cost.flatMap { cost in evaluations.map { $0 + cost } }
        }
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        return RaceResult(
            name, answers: answers, evaluations: evaluations.map { $0 / Double(repetitions) },
            seconds: seconds / Double(repetitions))
    }
}

/// The values that answers are compared with.
private struct Truth {
    /// The estimator that gave them; nil where the script gave them.
    let name: ByteString?
    let values: [Double]
    let errors: [Double]

    init(_ reference: Reference, _ results: [RaceResult], _ operation: String) throws {
        switch reference {
        case .estimator(let name):
            guard let result = results.first(where: { $0.name == name }) else {
                let names = results.map(\.name.text)
                throw Fault(
                    "reference", "no estimator \"\(name)\"" + suggestion(for: name.text, among: names))
            }
            (self.name, values) = (name, result.means)
            errors = result.variances.map { ($0 / Double(result.repetitions)).squareRoot() }
        case .answer(let answer):
            (name, values) = (nil, answer.values)
            errors = answer.errors ?? [Double](repeating: 0, count: answer.values.count)
        }
        for result in results where result.means.count != values.count || errors.count != values.count {
            throw Fault(
                """
                reference has \(values.count) number\(values.count == 1 ? "" : "s"), the answers of \
                "\(result.name)" \(result.means.count)
                """)
        }
        try Vectors.checkFinite(values + errors, "reference", for: operation)
    }
}

/// The option `reference`.
private enum Reference {
    case estimator(ByteString)
    case answer(Answer)
}

extension Domain<Reference> {
    fileprivate static var reference: Domain {
        let expected = """
            a number, a tensor, a table of tensors, a table with gradients or estimate, or an estimator's name
            """
        let type = ScriptType.either([.number, .object(Variable.type.name), .table, .string])
        return Domain(type, expected: expected, show: { _ in "reference" }) { value in
            if case .string(let name) = value { return .estimator(name) }
            return try Answer(value).map { .answer($0) }
        }
    }
}

/// An estimator that takes part.
private struct Entry {
    let name: ByteString
    let function: any ScriptFunction
}

extension Domain<[Entry]> {
    /// `{{name, function}, ...}`, every name once.
    fileprivate static var entries: Domain {
        let entry = Domain<Entry>(.table, expected: "{name, function}", show: { "\"\($0.name)\"" }) { value in
            guard case .table(let pair) = value, case .string(let name) = try pair.value(at: 1),
                case .function(let function) = try pair.value(at: 2)
            else { return nil }
            return Entry(name: name, function: function)
        }
        return .list(of: entry, expected: "a table {{name, function}, ...}").map { entries in
            var known: Set<ByteString> = []
            if let twice = entries.first(where: { !known.insert($0.name).inserted }) {
                throw Fault("\(twice.name.quoted()) is there twice")
            }
            return entries.isEmpty ? nil : entries
        }
    }
}
