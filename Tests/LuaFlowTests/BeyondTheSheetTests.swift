import Foundation
import Testing

/// The numbers of what the scripts of problems 5 and 6 and of variational inference show beyond the problem sheet.
@Suite struct BeyondTheSheetTests {
    private typealias Problems = ProblemScriptTests

    /// The numbers that a piece of Lua prints; it may require the scripts' own modules.
    private static func numbers(_ code: String) throws -> [Double] {
        let path = "package.path = '\(Problems.scripts.path)/?.lua;' .. package.path\n"
        let run = try Command.run(["-e", path + code])
        #expect(run.status == 0, "\(run.errors)")
        return run.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    }

    /// The probability to reach the goal, by following the distribution of the capital game by game: computed without
    /// tensors, and forward in time, where the script goes backward.
    private static func ruin(p: Double, start: Int, goal: Int, games: Int) -> Double {
        var mass = [Double](repeating: 0, count: goal + 1)
        mass[start] = 1
        for _ in 0..<games {
            var next = [Double](repeating: 0, count: goal + 1)
            (next[0], next[goal]) = (mass[0], mass[goal])
            for b in 1..<goal where mass[b] > 0 {
                next[b + 1] += p * mass[b]
                next[b - 1] += (1 - p) * mass[b]
            }
            mass = next
        }
        return mass[goal]
    }

    // MARK: Problem 5

    static let games: [(p: Double, start: Int, goal: Int, games: Int)] = [
        (18 / 37, 100, 200, 600), (0.3, 10, 20, 50), (0.9, 3, 8, 12), (0.5, 1, 2, 1), (18 / 37, 20, 40, 20),
    ]

    @Test(arguments: games.indices) func everyWeightOfTheHTransformIsTheProbability(index: Int) throws {
        let c = Self.games[index]
        let exact = Self.ruin(p: c.p, start: c.start, goal: c.goal, games: c.games)
        let numbers = try Self.numbers(
            """
            local ruin = require "homework.ruin"
            local problem = ruin.problem(\(c.p), \(c.start), \(c.goal), \(c.games))
            local Q, h = ruin.doob(problem)
            local runs = ruin.runs(problem, Q, 200, random.generator(1))
            local w = runs.log_w:exp()
            print(("%.17g %.17g %.17g %d %.17g"):format(
              h, w:min():item(), w:max():item(), runs.hit:sum():item(), ruin.variance(problem, Q, h)))
            """)
        try #require(numbers.count == 5, "\(numbers)")
        for weight in numbers[0..<3] { #expect(abs(weight / exact - 1) < 1e-12, "\(c): \(numbers), exact \(exact)") }
        #expect(numbers[3] == 200, "\(c): \(numbers)")
        #expect(abs(numbers[4]) < 1e-12 * exact * exact + 1e-300, "\(c): variance \(numbers[4])")
    }

    /// The learned proposal has less variance than the best constant probability, and its variance by dynamic
    /// programming agrees with the one estimated from draws.
    @Test func theLearnedProposalBeatsEveryConstantOne() throws {
        let numbers = try Self.numbers(
            """
            local ruin = require "homework.ruin"
            local problem = ruin.problem(18 / 37, 20, 40, 60)
            local _, P = ruin.doob(problem)
            local least = math.huge
            for q = 0.5, 0.85, 0.01 do
              least = math.min(least, ruin.variance(problem, ruin.constant(problem, q), P))
            end
            local Q = ruin.learn(problem, 1000, 15, random.generator(2))
            local runs = ruin.runs(problem, Q, 4000, random.generator(3))
            local x = runs.hit * runs.log_w:exp()
            print(P, least, ruin.variance(problem, Q, P), x:mean():item(), x:var():item())
            """)
        try #require(numbers.count == 5, "\(numbers)")
        let exact = Self.ruin(p: 18 / 37, start: 20, goal: 40, games: 60)
        #expect(abs(numbers[0] / exact - 1) < 1e-12)
        #expect(numbers[2] < 0.6 * numbers[1], "learned \(numbers[2]), best constant \(numbers[1])")
        let se = (numbers[2] / 4000).squareRoot()
        #expect(abs(numbers[3] - exact) < 4.5 * se, "\(numbers[3]), exact \(exact), s.e. \(se)")
        #expect(abs(numbers[4] / numbers[2] - 1) < 0.3, "variance \(numbers[4]), by the programme \(numbers[2])")
    }

    @Test func bothProposalsStandInTheTable() throws {
        let run = try Problems.run("problem5_gamblers_ruin", in: try Scratch())
        let doob = Problems.numbers(run.output, after: "Doob's h-transform")
        try #require(doob.count >= 3, "\(run.output)")
        #expect(doob[0] == 2.3884e-06 && doob[1] < 1e-18 && doob[2] == 0)
        let learned = Problems.numbers(run.output, after: "learned q(slope)")
        let constant = Problems.numbers(run.output, after: "q = 0.55, stopped")
        try #require(learned.count >= 3 && constant.count >= 3, "\(run.output)")
        #expect(abs(learned[0] - 2.388383e-06) < 4.5 * learned[2], "\(learned)")
        #expect(learned[2] < 0.2 * constant[2], "\(learned) \(constant)")
    }

    // MARK: Problem 6

    @Test func commonRandomNumbersAndControlVariatesReduceTheVariance() throws {
        let numbers = try Self.numbers(
            """
            local reductions = require "homework.reductions"
            local float64 = {dtype = "float64", generator = random.generator(4)}
            local Z, other = random.normal({20000}, float64), random.normal({20000}, float64)
            local function f(mu, z) local x = mu + z return x * x:sin() end
            local r = reductions.common(f(0.51, Z), f(0.5, Z), f(0.5, other))
            print(r.common.variance, r.independent.variance, r.common.mean, r.common.se)
            local H, pilot = reductions.hermite(Z, 4), reductions.hermite(other, 4)
            local g = reductions.control(f(0.5, Z), H, f(0.5, other), pilot)
            local s = reductions.summary(g)
            print(s.variance, f(0.5, Z):var():item(), s.mean, s.se)
            -- A polynomial of degree 4 is taken away whole: the mean is left.
            local cubic = reductions.summary((reductions.control(Z ^ 4 - Z, H, other ^ 4 - other, pilot)))
            print(cubic.mean, cubic.variance)
            """)
        try #require(numbers.count == 10, "\(numbers)")
        func value(_ mu: Double) -> Double { exp(-0.5) * (mu * sin(mu) + cos(mu)) }
        #expect(numbers[0] < numbers[1] / 1000, "common \(numbers[0]), own draws \(numbers[1])")
        #expect(abs(numbers[2] - (value(0.51) - value(0.5))) < 4.5 * numbers[3], "\(numbers)")
        #expect(numbers[4] < numbers[5] / 10, "with \(numbers[4]), without \(numbers[5])")
        #expect(abs(numbers[6] - value(0.5)) < 4.5 * numbers[7], "\(numbers), exact \(value(0.5))")
        #expect(abs(numbers[8] - 3) < 1e-9 && numbers[9] < 1e-18, "\(numbers[8]), \(numbers[9])")
    }

    // MARK: Variational inference

    /// The evidence lower bound equals the logarithm of the integral where the family of distributions contains the
    /// posterior; otherwise it is lower by the divergence of the best normal distribution with independent components.
    @Test func theBoundIsTightForTheGaussian() throws {
        let scratch = try Scratch()
        let run = try TrainingScriptTests.run(
            "variational",
            ["gaussian", "--steps", "250", "--flow-steps", "5", "--draws", "2000", "--out", scratch.path("figure.png")],
            in: scratch)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        // The lines below the posterior's heading; those above are variances of gradients.
        let rows = run.output.components(separatedBy: "gaussian, log of the integral").last ?? ""
        for estimator in ["any covariance  path ", "any covariance  score, baseline"] {
            let row = Problems.numbers(rows, after: estimator)
            try #require(row.count >= 3, "\(run.output)")
            #expect(abs(row[0] + 2) < 2e-3 && abs(row[2]) < 2e-3, "\(estimator): \(row)")
        }
        // The divergence -log(1 - correlation^2) / 2 in nats, with the correlation 0.9 / sqrt(1.2).
        let below = -0.5 * log(1 - 0.81 / 1.2)
        for estimator in ["path ", "score, baseline", "measure-valued"] {
            let row = Problems.numbers(rows, after: "independent     " + estimator)
            try #require(row.count >= 3, "\(run.output)")
            #expect(row[2] > below - 4.5 * row[1] && row[2] < below + 0.05 + 4.5 * row[1], "\(estimator): \(row)")
        }
    }

    @Test(arguments: ["score", "reparameterized"]) func theAutoencoderTrains(estimator: String) throws {
        let scratch = try Scratch()
        let run = try TrainingScriptTests.run(
            "vae",
            [
                "--estimator", estimator, "--steps", "30", "--batch", "20", "--hidden", "20", "--latent", "2",
                "--lr", "0.01", "--out", scratch.path("figure.png"),
            ], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        let end = Problems.numbers(run.output, after: "\(estimator): ELBO of 400 unseen digits")
        // Independent fair coins for all pixels give 784 log 2 = 543 nats.
        try #require(end.count >= 2, "\(run.output)")
        #expect(end[0] > -350 && end[0] < -100, "\(run.output)")
        let tight = Problems.numbers(run.output, after: "log p by 20 draws each, a bound too:")
        #expect(tight.first ?? -1000 >= end[0], "\(run.output)")
        #expect(FileManager.default.fileExists(atPath: scratch.path("figure.png")))
    }

    // MARK: Broken on purpose

    static let mutations: [(script: String, file: String, formula: String, wrong: String)] = [
        ("problem5_gamblers_ruin", "homework/ruin", "(p * up / before)", "(p * before / before)"),
        ("problem5_gamblers_ruin", "homework/ruin", "where(won, (1 - p) / (1 - q))", "where(won, (1 - p) / q)"),
        ("problem6_sgd", "homework/reductions", "(k - 1) * H[k - 1]", "k * H[k - 1]"),
        ("problem6_sgd", "homework/reductions", "summary(first - second)", "summary(first + second)"),
        ("variational", "variational", "(z, table.unpack(held)) - posterior", "(z, table.unpack(held)) + posterior"),
    ]

    @Test(arguments: mutations.indices) func aBrokenFormulaFails(index: Int) throws {
        let mutation = Self.mutations[index]
        let scratch = try Scratch()
        let scripts = scratch.url.appendingPathComponent("scripts")
        try FileManager.default.createDirectory(at: scripts, withIntermediateDirectories: true)
        for name in ["homework", mutation.script + ".lua"] {
            try FileManager.default.copyItem(
                at: Problems.scripts.appendingPathComponent(name), to: scripts.appendingPathComponent(name))
        }
        let file = scripts.appendingPathComponent(mutation.file + ".lua")
        let text = try String(contentsOf: file, encoding: .utf8)
        try #require(text.contains(mutation.formula), "the script changed: \(mutation.formula)")
        try text.replacingOccurrences(of: mutation.formula, with: mutation.wrong)
            .write(to: file, atomically: true, encoding: .utf8)
        let few = mutation.script == "variational" ? ["gaussian", "--steps", "2", "--flow-steps", "2"] : []
        let result = try Problems.run(mutation.script, few, in: scratch, scripts: scripts)
        #expect(result.status == 1, "\(mutation): \(result.output)")
        #expect(result.errors.contains("the identity fails: "), "\(mutation): \(result.errors)")
    }
}

/// `scripts/tabular.lua` on tables that are written for it.
@Suite struct TabularTests {
    private func tabular(_ arguments: [String], in scratch: Scratch) throws -> Command.Result {
        try TrainingScriptTests.run("tabular", arguments + ["--out", scratch.path("figure.png")], in: scratch)
    }

    /// Two independent normal columns with deviations 3 and 0.5, among columns that the script must leave out.
    @Test func aTableOfKnownDensity() throws {
        let scratch = try Scratch()
        var generator = SplitMix(state: 7)
        func normal() -> Double {
            (-2 * log(1 - generator.uniform())).squareRoot() * cos(2 * .pi * generator.uniform())
        }
        var lines = ["\"a\",name,\"b\",one"]
        for k in 0..<400 { lines.append("\(3 * normal() + 1),row \(k),\(0.5 * normal() - 7),1") }
        lines[5] = "1.5,gap,,1"
        let file = try scratch.write("table.csv", lines.joined(separator: "\n") + "\n")
        let run = try tabular(["--data", file, "--steps", "40", "--save", scratch.path("rows.npz")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("name is left out: 400 of 400 fields are no numbers"), "\(run.output)")
        #expect(run.output.contains("one is left out: it is 1 everywhere"), "\(run.output)")
        #expect(run.output.contains("1 rows with missing numbers are left out"), "\(run.output)")
        // The entropy in nats: log(2 pi e), and the logarithms of the deviations.
        let entropy = log(2 * Double.pi) + 1 + log(1.5)
        for (name, slack) in [("normal distribution", 0.05), ("spline flow", 0.4)] {
            let row = ProblemScriptTests.numbers(run.output, after: name)
            try #require(row.count >= 3, "\(run.output)")
            #expect(abs(row[2] - entropy) < slack + 4 * row[1], "\(name): \(row), entropy \(entropy)")
        }
        #expect(FileManager.default.fileExists(atPath: scratch.path("rows.npz")))
    }

    /// The byte order mark of UTF-8, a comma between quotes, a number that overflows, and a column of tiny numbers,
    /// whose deviation is 40e-19 / sqrt(12).
    @Test func whatSpreadsheetsWriteIsRead() throws {
        let scratch = try Scratch()
        var lines = ["\"name, of all\",charge,rest"]
        for k in 0..<40 { lines.append("\"1,\(k)\",\(k)e-19,\(k * k % 17).\(k)") }
        lines.append("\"1,2\",1e999,3")
        let file = try scratch.write("table.csv", "\u{FEFF}" + lines.joined(separator: "\n") + "\n")
        let run = try tabular(["--data", file, "--steps", "2"], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("name, of all is left out: 41 of 41 fields are no numbers"), "\(run.output)")
        #expect(run.output.contains("1 rows with missing numbers are left out"), "\(run.output)")
        #expect(run.output.contains("26 rows to train on, 6 to say when to stop, 8 unseen; 2 columns"), "\(run.output)")
        let row = ProblemScriptTests.numbers(run.output, after: "normal distribution")
        try #require(row.count >= 3, "\(run.output)")
        let deviations = log(40e-19 / 12.0.squareRoot()) + log(17 / 12.0.squareRoot())
        #expect(abs(row[2] - row[0] - deviations) < 0.6, "\(row), \(deviations)")
    }

    @Test func wrongTablesAreExplained() throws {
        let scratch = try Scratch()
        let junk = try scratch.write("junk.npy", "no array")
        let ragged = try scratch.write("ragged.csv", "1,2\n3,4\n5,6,7\n")
        let short = try scratch.write("short.csv", "1,2\n3,5\n5,9\n")
        for (arguments, message) in [
            (["--data", "nowhere.csv"], "nowhere.csv"), (["--data", ragged], "line 3 has 3 fields, others have 2"),
            (["--data", junk], "--data \(junk)"),
            (["--data", short], "at least 20 rows expected, found 3"),
            (["--data", short, "--columns", "1-9"], "positions from 1 to 2"),
            (["--save", "rows.csv"], "--save"), (["--test", "0.7"], "--test"),
        ] {
            let run = try tabular(arguments, in: scratch)
            #expect(run.status == 2 && run.errors.contains(message), "\(arguments): \(run.output)\(run.errors)")
            #expect(!run.errors.contains("traceback"), "\(arguments): \(run.errors)")
        }
    }

    private struct SplitMix {
        var state: UInt64
        mutating func uniform() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
        }
    }
}
