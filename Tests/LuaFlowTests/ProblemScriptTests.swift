import Foundation
import Testing

/// The homework's problems 1, 2, 4, 5 and 6 as scripts, and the scripts derived from problem 4: their checks pass, fail
/// when a formula is broken, and wrong options are explained.
@Suite struct ProblemScriptTests {
    static let names = [
        "problem1_log_derivative", "problem2_projection", "problem4_glow", "problem5_gamblers_ruin", "problem6_sgd",
        "glow_layers",
        "my_transform",
    ]
    static let scripts = Command.repository.appendingPathComponent("scripts")

    static func run(_ name: String, _ arguments: [String] = [], in scratch: Scratch, scripts: URL = scripts) throws
        -> Command.Result
    {
        try Command.run(
            ["run", scripts.appendingPathComponent(name + ".lua").path, "--out", scratch.path("figure.png")]
                + arguments, in: scratch.url)
    }

    /// The numbers on the first line that begins with the given text.
    static func numbers(_ output: String, after start: String) -> [Double] {
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix(start) }) else { return [] }
        return line.dropFirst(start.count).split { !"0123456789.+-e".contains($0) }.compactMap { Double($0) }
    }

    @Test(arguments: names) func passesAndDraws(name: String) throws {
        let scratch = try Scratch()
        let run = try ProblemScriptTests.run(name, in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.isEmpty && run.output.contains("verdict           all "), "\(run.output)")
        #expect(
            run.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains(scratch.url.path) },
            "\(run.output)")
        let picture = try Data(contentsOf: URL(fileURLWithPath: scratch.path("figure.png")))
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 5000)
    }

    @Test(arguments: names) func aSeedMeansTheSameNumbers(name: String) throws {
        let scratch = try Scratch()
        let outputs = try ["3", "3", "4"].map { try ProblemScriptTests.run(name, ["--seed", $0], in: scratch) }
        #expect(outputs.allSatisfy { $0.status == 0 }, "\(outputs.map(\.errors))")
        #expect(outputs[0].output == outputs[1].output && outputs[0].output != outputs[2].output)
    }

    static let variations: [(String, [String])] = [
        ("problem1_log_derivative", ["--h", "wave", "--samples", "5000"]),
        ("problem1_log_derivative", ["--h", "quadratic"]),
        ("problem2_projection", ["--a", "-100", "--steps", "3"]), ("problem2_projection", ["--a", "0.1"]),
        ("problem2_projection", ["--points", "10", "--grid", "2"]),
        ("problem4_glow", ["--channels", "1", "--height", "1", "--width", "1", "--reshapes", "1"]),
        ("problem4_glow", ["--channels", "8", "--height", "4", "--hidden", "3"]),
        ("glow_layers", ["--size", "8", "--hidden", "2"]), ("my_transform", ["--points", "50", "--steps", "3"]),
        ("problem5_gamblers_ruin", ["--q", "0.3", "--samples", "100"]),
        ("problem5_gamblers_ruin", ["--start", "10", "--games", "50", "--q", "0.6"]),
        ("problem5_gamblers_ruin", ["--p", "0.45", "--samples", "20000"]), ("problem5_gamblers_ruin", ["--p", "0.9"]),
        ("problem6_sgd", ["--mu", "2", "--tau", "1", "--steps", "50"]),
        ("problem6_sgd", ["--batch", "2", "--steps", "1"]), ("problem6_sgd", ["--draws", "1000"]),
    ]

    @Test(arguments: variations.indices) func otherParametersPassToo(index: Int) throws {
        let (name, arguments) = ProblemScriptTests.variations[index]
        let scratch = try Scratch()
        let result = try ProblemScriptTests.run(name, arguments, in: scratch)
        #expect(result.status == 0, "\(name) \(arguments): \(result.errors)")
        #expect(FileManager.default.fileExists(atPath: scratch.path("figure.png")))
    }

    // MARK: Key numbers

    @Test func theGamblersRuinIsTheHomeworks() throws {
        let result = try ProblemScriptTests.run("problem5_gamblers_ruin", in: try Scratch())
        let exact = ProblemScriptTests.numbers(result.output, after: "exact probability")
        #expect(exact.first == 2.388383e-06)
        for estimator in ["q = 0.55, stopped", "q = 0.55, all K"] {
            let row = ProblemScriptTests.numbers(result.output, after: estimator)
            try #require(row.count >= 5, "\(result.output)")
            #expect(abs(row[0] - 2.388383e-06) < 5 * row[2], "\(estimator): \(row)")
            #expect(abs(row[0] - 2.388383e-06) < 5 * row[1], "\(estimator): \(row)")
        }
        #expect(ProblemScriptTests.numbers(result.output, after: "plain (q = p)").first == 0)
    }

    @Test func bothMinimaAreFound() throws {
        let result = try ProblemScriptTests.run("problem6_sgd", in: try Scratch())
        for (start, known) in [
            ("from (-1, -1):", [0.4423, -0.5001, 1.69617]), ("from (2, 0.5):", [1.3667, 0.6741, 1.66440]),
        ] {
            let found = ProblemScriptTests.numbers(result.output, after: start)
            try #require(found.count >= 3, "\(result.output)")
            for (a, b) in zip(found, known) { #expect(abs(a - b) < 1e-3) }
        }
        // 200 steps of size 1e-2 come near the first minimum, with either gradient estimator.
        for trick in ["(a) log-derivative ", "(a) with a baseline ", "(b) reparameterization "] {
            let end = ProblemScriptTests.numbers(result.output, after: trick)
            try #require(end.count >= 3, "\(result.output)")
            #expect(abs(end[0] - 0.4423) < 0.15 && abs(end[1] + 0.5001) < 0.15 && end[2] < 1.71)
        }
    }

    /// With a proposal that is far off the estimate cannot be judged; both the verdict and k-hat say so.
    @Test func aBadProposalIsNotTrusted() throws {
        let result = try ProblemScriptTests.run("problem5_gamblers_ruin", ["--q", "0.9"], in: try Scratch())
        #expect(result.status == 0 || result.status == 1, "\(result.errors)")
        #expect(!result.output.contains("verdict           all "), "\(result.output)")
        #expect(result.output.contains("not to be trusted: q = 0.90, stopped (its true s.e. is "), "\(result.output)")
        #expect(result.output.contains(" > 0.7: the estimate is not to be trusted"), "\(result.output)")
        // The sweep contains the value that was asked for.
        #expect(result.output.split(separator: "\n").contains { $0.hasPrefix("0.90 ") }, "\(result.output)")
        let good = try ProblemScriptTests.run("problem5_gamblers_ruin", in: try Scratch())
        #expect(
            good.output.contains("q = 0.55, stopped  k-hat ") && !good.output.contains("not to be trusted"),
            "\(good.output)")
    }

    /// Every numeric option of every script with an impossible value: one line of error, and no figure.
    @Test(arguments: names + ["problem3_inpainting"]) func oddOptionsArePlainLines(name: String) throws {
        let scratch = try Scratch()
        let text = try String(
            contentsOf: ProblemScriptTests.scripts.appendingPathComponent(name + ".lua"), encoding: .utf8)
        let options = text.matches(of: /\n  \{"(\w+)", ([^"]*?),/).map { String($0.output.1) }
        try #require(options.count > 1)
        for option in options where option != "preset" && option != "schedule" && option != "noise" {
            for value in ["x", "", "nan", "inf", "-1e300", "1e300", "0x", "1,5"] {
                // Any whole number is a valid seed.
                let result = try ProblemScriptTests.run(name, ["--\(option)", value], in: scratch)
                #expect(result.status == 1 || result.status == 2, "\(name) --\(option) \(value): \(result.output)")
                #expect(result.errors.contains("--\(option)"), "\(name) --\(option) \(value): \(result.errors)")
                #expect(!result.errors.contains("stack traceback"), "\(name) --\(option) \(value): \(result.errors)")
                #expect(
                    result.errors.split(separator: "\n").count <= 2, "\(name) --\(option) \(value): \(result.errors)")
                #expect(!FileManager.default.fileExists(atPath: scratch.path("figure.png")))
            }
        }
    }

    // MARK: Broken on purpose

    /// A formula of the script, and a wrong one in its place.
    static let mutations: [(script: String, formula: String, wrong: String)] = [
        (
            "problem1_log_derivative", "q.phi), log_h(h, z) - q.log_q(q.phi, z)",
            "q.phi), log_h(h, z) + q.log_q(q.phi, z)"
        ),
        ("problem1_log_derivative", "(log_h(h, z) - log_q)):sum()", "(log_h(h, z) - 2 * log_q)):sum()"),
        ("problem1_log_derivative", "phi[2] + 0.6 * e", "phi[2] + 0.9 * e"),
        ("problem1_log_derivative", "math.log(2 * math.pi) - log_s", "math.log(2 * math.pi) + log_s"),
        ("problem1_log_derivative", "score * (ratio - b)", "score * ratio - b"),
        ("problem2_projection", "y2:maximum(0):minimum(1)", "y2:maximum(0)"),
        ("problem2_projection", "y2:maximum(0):minimum(1)", "y2:maximum(0.01):minimum(1)"),
        ("problem2_projection", "tensor.stack({tensor.full({#y}, a, float64), y2", "tensor.stack({y[{{}, 1}], y2"),
        ("problem2_projection", "x - alpha * grad(x)\n", "x + alpha * grad(x)\n"),
        ("problem4_glow", "s:abs():log():sum()", "s:abs():sum():log()"),
        ("problem4_glow", "s:abs():log():sum()", "s:log():sum()"),
        ("problem4_glow", "M:tril(-1) + tensor.eye", "M:tril(-1) + 1.001 * tensor.eye"),
        ("problem4_glow", "M:triu(1)", "M:tril(-1)"),
        ("problem4_glow", "back[places[{k}]] = k", "back[k] = k"),
        ("problem4_glow", "N, m * n * formula(s), J_conv", "N, (m * n + 1) * formula(s), J_conv"),
        ("problem4_glow", "f2(X2, network(X1))", "f2(X2, network(X2))"),
        ("glow_layers", "M:tril(-1) + eye", "M:tril(-1) + 1.01 * eye"), ("glow_layers", "places * log_s\n", "log_s\n"),
        ("glow_layers", "return X, -log_det", "return X, log_det"),
        ("glow_layers", "M:triu(1) + eye * log_s:exp()", "M + eye * log_s:exp()"),
        ("glow_layers", "+ math.log(2 * math.pi)", "+ math.log(math.pi)"),
        ("my_transform", "heavy:save(path)", "plain:save(path)"),
        ("problem5_gamblers_ruin", "wins * math.log(p / q)", "wins * math.log(q / p)"),
        ("problem5_gamblers_ruin", "(games - wins) *", "games *"),
        ("problem5_gamblers_ruin", "balance:ge(goal)", "balance:ge(goal - 10)"),
        ("problem5_gamblers_ruin", "random.bernoulli({N, K}, q,", "random.bernoulli({N, K}, q + 0.01,"),
        ("problem5_gamblers_ruin", "programme(p, 1 - p, 1)", "programme(1 - p, p, 1)"),
        ("problem6_sgd", "(-variance / 2):exp()", "(-variance):exp()"),
        ("problem6_sgd", "score_tau = -1 +", "score_tau = 1 +"),
        ("problem6_sgd", "score_mu = (X - mu)", "score_mu = (mu - X)"),
        ("problem6_sgd", "X * X:cos() + X:sin()", "X * X:cos() - X:sin()"),
        ("problem6_sgd", "math.exp(tau) * Z * slope", "Z * slope"),
        ("problem6_sgd", "(f:sum(2, true) - f) / (#x[1] - 1)", "0 * f + f:mean(2, true)"),
        ("problem6_sgd", "{lr = lr}", "{lr = 2 * lr}"),
        ("problem6_sgd", "x - 0.2 * grad", "x + 0.2 * grad"),
    ]

    @Test(arguments: mutations.indices) func aBrokenFormulaFails(index: Int) throws {
        let mutation = ProblemScriptTests.mutations[index]
        let scratch = try Scratch()
        let scripts = scratch.url.appendingPathComponent("scripts")
        try FileManager.default.createDirectory(at: scripts, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: ProblemScriptTests.scripts.appendingPathComponent("homework"),
            to: scripts.appendingPathComponent("homework"))
        let text = try String(
            contentsOf: ProblemScriptTests.scripts.appendingPathComponent(mutation.script + ".lua"), encoding: .utf8)
        try #require(text.contains(mutation.formula), "the script changed: \(mutation.formula)")
        let broken = text.replacingOccurrences(of: mutation.formula, with: mutation.wrong)
        try broken.write(
            to: scripts.appendingPathComponent(mutation.script + ".lua"), atomically: true, encoding: .utf8)
        let result = try ProblemScriptTests.run(mutation.script, in: scratch, scripts: scripts)
        #expect(result.status == 1, "\(mutation): \(result.output)")
        #expect(result.errors.contains("the identity fails: "), "\(mutation): \(result.errors)")
    }

    // MARK: Wrong options

    static let faults: [(script: String, arguments: [String], message: String)] =
        names.flatMap { name in
            [
                (name, ["--sed", "1"], "--seed"), (name, ["--seed", "x"], "--seed"),
                (name, ["--seed", "1.5"], "--seed"), (name, ["--seed"], "--seed"),
                (name, ["stray"], "stray"), (name, ["--out", "figure.bmp"], "bmp"),
                (name, ["--out", "nowhere/x.png"], "there is no folder nowhere"),
            ]
        } + [
            ("problem1_log_derivative", ["--h", "gausian"], "gaussian"),
            ("problem1_log_derivative", ["--h", "wave:3"], "wave takes nothing behind a colon"),
            ("problem1_log_derivative", ["--samples", "3"], "--samples"),
            ("problem2_projection", ["--a", "nan"], "--a"), ("problem2_projection", ["--steps", "0"], "--steps"),
            ("problem2_projection", ["--grid", "1"], "--grid"),
            ("problem4_glow", ["--channels", "0"], "--channels"),
            ("problem4_glow", ["--height", "16", "--width", "16"], "600"),
            ("glow_layers", ["--size", "6"], "a multiple of 4"), ("glow_layers", ["--hidden", "0"], "--hidden"),
            ("my_transform", ["--points", "1"], "--points"),
            ("problem5_gamblers_ruin", ["--q", "1"], "--q"), ("problem5_gamblers_ruin", ["--p", "0"], "--p"),
            ("problem5_gamblers_ruin", ["--games", "99"], "--games"),
            ("problem5_gamblers_ruin", ["--samples", "-3"], "--samples"),
            (
                "problem5_gamblers_ruin", ["--p", "0.01", "--start", "1000", "--games", "1000"],
                "nothing could be judged"
            ),
            ("problem6_sgd", ["--lr", "-1"], "--lr"), ("problem6_sgd", ["--batch", "1"], "--batch"),
            ("problem6_sgd", ["--steps", "2.5"], "--steps"),
            ("problem6_sgd", ["--lr", "1", "--tau", "3"], "SGD diverged at step "),
            ("problem6_sgd", ["--lr", "1"], "try a smaller --lr"),
        ]

    @Test(arguments: faults.indices) func wrongInputIsExplained(index: Int) throws {
        let fault = ProblemScriptTests.faults[index]
        let scratch = try Scratch()
        let result = try ProblemScriptTests.run(fault.script, fault.arguments, in: scratch)
        #expect(result.status == 1 || result.status == 2, "\(fault)")
        #expect(result.errors.contains(fault.message), "\(fault): \(result.errors)")
    }

    @Test(arguments: names) func helpListsEverything(name: String) throws {
        let result = try ProblemScriptTests.run(name, ["--help"], in: try Scratch())
        #expect(result.status == 0 && result.output.contains("--seed") && result.output.contains("--out"))
        #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("usage") })
    }
}
