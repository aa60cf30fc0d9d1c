import Foundation
import Testing

/// `problem3_posterior.lua` and its samplers: correct on a flow whose posterior is known in closed form; a run that is
/// too short says so.
@Suite struct PosteriorTests {
    static let fixture = Command.repository.appendingPathComponent("Tests/LuaFlowTests/Fixtures/posterior.lua").path

    static let checks = [
        ["moments", "mala"], ["moments", "hmc"], ["moments", "flow"], ["moments", "nuts"], ["start"], ["calibration"],
        ["nonlinear"], ["chi_square"],
    ]

    /// Means and covariances of a Gaussian flow's hidden pixels, uniform ranks, and ranks from chains that are too
    /// short.
    @Test(arguments: checks) func aKnownPosteriorComesOut(check: [String]) throws {
        let run = try Command.run(["run", Self.fixture, ProblemScriptTests.scripts.path] + check)
        #expect(run.status == 0, "\(check): \(run.errors)")
    }

    /// Particles of a flow of digits: equal to its density, right on average, chains that move.
    @Test func particlesAreRightOnAverage() throws {
        let models = Command.repository.appendingPathComponent("models").path
        let run = try Command.run(["run", Self.fixture, ProblemScriptTests.scripts.path, "particles", models])
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func aCalibrationGoesOnFromItsFiles() throws {
        let scratch = try Scratch()
        let run = try Command.run(
            ["run", Self.fixture, ProblemScriptTests.scripts.path, "files", scratch.url.path], in: scratch.url)
        #expect(run.status == 0, "\(run.errors)")
    }

    /// Four steps of two chains: the figure is drawn, and the script reports that the run was too short.
    @Test func aShortRunSaysSo() throws {
        let scratch = try Scratch()
        let short = ["--chains", "2", "--warmup", "1", "--steps", "4", "--sampler", "hmc:2"]
        let run = try ProblemScriptTests.run("problem3_posterior", short, in: scratch)
        #expect(run.status == 1, "\(run.errors)\(run.output)")
        #expect(run.errors.hasPrefix("too short: R-hat is ") && run.errors.contains("--steps"), "\(run.errors)")
        #expect(run.output.contains("105 hidden pixels, 2 chains of 4 draws"), "\(run.output)")
        let picture = try Data(contentsOf: URL(fileURLWithPath: scratch.path("figure.png")))
        #expect(picture.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]) && picture.count > 5000)
    }

    static let wrong: [([String], String)] = [
        (["--sampler", "flow:0"], "--sampler flow:0: a whole number of leapfrog steps from 1 to 1024 expected"),
        (["--sampler", "gibbs"], "--sampler gibbs"), (["--chains", "1"], "--chains"), (["--steps", "3"], "--steps"),
        (["--mask", "random:0"], "--mask random:0"), (["--digit", "2001"], "--digit"), (["--thin", "40"], "--thin"),
    ]

    @Test(arguments: wrong.indices) func wrongOptionsAreRefused(index: Int) throws {
        let (arguments, named) = Self.wrong[index]
        let scratch = try Scratch()
        let run = try ProblemScriptTests.run("problem3_posterior", arguments, in: scratch)
        #expect(run.status == 2 && run.errors.contains(named), "\(arguments): \(run.errors)")
    }
}
