import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

@testable import Chains

/// Diagnostics against ArviZ's numbers (Fixtures/make_fixtures.py).
@Suite struct DiagnosticsTests {
    /// JSON has no infinities and no nan; they are written as strings.
    struct Number: Decodable, Sendable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                value = number
            } else {
                let text = try container.decode(String.self)
                value = text == "nan" ? .nan : text == "inf" ? .infinity : -.infinity
            }
        }
    }

    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        let name: String
        let chains: Int
        let draws: [Number]
        let rhat: Number
        let ess_bulk, ess_tail, ess_mean: Number
        let mcse_mean, mcse_sd, mcse_median, mcse_q90: Number
        let autocorrelation: [Number]
        let summary: [Number]?
        var testDescription: String { name }
        var series: ChainSeries { ChainSeries(draws.map(\.value), chains: chains) }

        static let all: [Case] = {
            guard let url = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/diagnostics.json"),
                let data = try? Data(contentsOf: url)
            else { return [] }
            return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
        }()
    }

    @Test func fixturesAreThere() { #expect(Case.all.count == 20 && Case.all.count { $0.summary != nil } == 19) }

    private func same(_ own: Double, _ other: Number, _ what: String) {
        let expected = other.value
        let isSame = own.isNaN && expected.isNaN || own == expected
            || abs(own - expected) <= 1e-8 * max(abs(expected), 1e-12)
        #expect(isSame, "\(what): \(own), ArviZ \(expected)")
    }

    @Test(arguments: Case.all) func agreesWithArviZ(_ one: Case) throws {
        let series = one.series
        same(Convergence.rhat(series), one.rhat, "\(one.name): rhat")
        same(Convergence.ess(series, .bulk), one.ess_bulk, "\(one.name): bulk ess")
        same(Convergence.ess(series, .tail), one.ess_tail, "\(one.name): tail ess")
        same(Convergence.ess(series, .mean), one.ess_mean, "\(one.name): mean ess")
        same(ChainErrors.mean(series), one.mcse_mean, "\(one.name): mcse of the mean")
        same(ChainErrors.deviation(series), one.mcse_sd, "\(one.name): mcse of the sd")
        same(try ChainErrors.quantile(series, 0.5), one.mcse_median, "\(one.name): mcse of the median")
        same(try ChainErrors.quantile(series, 0.9), one.mcse_q90, "\(one.name): mcse of a quantile")
        let covariance = Autocovariance.of(series.chain(0))
        for (lag, expected) in one.autocorrelation.enumerated() where lag < covariance.count {
            let own = covariance[lag] / covariance[0]
            #expect(
                own.isNaN && expected.value.isNaN || abs(own - expected.value) < 1e-8,
                "\(one.name): lag \(lag): \(own), ArviZ \(expected.value)")
        }
    }

    /// Where a quantile is one of the draws, rounding decides whether that draw lies below it: as ArviZ's.
    @Test func quantilesRoundAsArviZ() {
        for (count, factor, expected) in [
            (101, 6.0, 33.88790399563618), (121, 4, 14.568086797107952), (1001, 5, 198.61911032607708),
        ] {
            let draws = (1...count).map { k in
                let k = Double(k)
                return sin(k * k * factor * 0.37) + cos(k * 0.01 * factor)
            }
            let own = Convergence.ess(ChainSeries(draws, chains: 1), .tail)
            #expect(abs(own - expected) < 1e-8 * expected, "\(count) draws: \(own), ArviZ \(expected)")
        }
    }

    @Test(arguments: Case.all) func summaryAgreesWithArviZ(_ one: Case) throws {
        guard let expected = one.summary else { return }
        let samples = try Tensor(one.draws.map(\.value), shape: [one.chains, one.draws.count / one.chains], .float64)
        let line = try ChainSummary(ChainDraws(values: samples), probability: 0.94).lines[0]
        for (index, column) in ChainSummary.columns.enumerated() {
            same(line.numbers[index], expected[index], "\(one.name): \(column)")
        }
    }

    /// Each coordinate of a point has its own diagnostics, whatever the layout in memory.
    @Test func everyNumberOfAPointIsItsOwn() throws {
        let scripts = try Scripts()
        try scripts.run(
            """
            local g = random.generator(3)
            local x = random.normal({3, 50, 2, 2}, {generator = g, dtype = "float64"})
            x[{2, {}, 1, 2}] = x[{2, {}, 1, 2}] + 4
            local all = mcmc.rhat(x)
            assert(#all.shape == 2 and all.shape[1] == 2)
            for i = 1, 2 do for j = 1, 2 do
              local one = x[{{}, {}, i, j}]
              assert(mcmc.rhat(one):item() == all[{i, j}])
              assert(mcmc.ess(one):item() == mcmc.ess(x)[{i, j}])
              assert(mcmc.autocorrelation(one)[{3, 5}] == mcmc.autocorrelation(x)[{3, 5, i, j}])
            end end
            assert(all[{1, 2}] > 1.2 and all[{2, 1}] < 1.2)
            """)
    }

    @Test func whatCannotBeSaidIsSaid() throws {
        let scripts = try Scripts()
        let g = "{generator = random.generator(1)}"
        #expect(
            try scripts.message("mcmc.rhat(random.normal({1, 100}, \(g)))").contains(
                "R-hat compares chains: 2 at least expected, got shape (1, 100)"))
        #expect(
            try scripts.message("mcmc.ess(tensor.zeros(2, 3))").contains(
                "4 draws at least expected in (chains, draws, ...), got shape (2, 3)"))
        #expect(try scripts.message("mcmc.rhat(tensor.zeros(5))").contains("(chains, draws, ...) expected, got (5)"))
        #expect(
            try scripts.message("mcmc.mcse(tensor.zeros(2, 9), {kind = 'quantile'})").contains(
                "prob, such as 0.9, expected"))
        try scripts.run(
            """
            local one = mcmc.summary(random.normal({1, 100}, \(g)))
            assert(one.verdict:find("one chain"), one.verdict)
            assert(one.r_hat:item() ~= one.r_hat:item())
            local still = mcmc.summary(tensor.zeros(4, 100, 2))
            assert(still.verdict:find("x[1], x[2]: all draws are one number", 1, true), still.verdict)
            local apart = random.normal({4, 600}, \(g))
            apart[2] = apart[2] + 2
            local s = mcmc.summary(apart)
            assert(s.verdict:find("> 1.01", 1, true) and s.verdict:find("the chains disagree"), s.verdict)
            local good = mcmc.summary{samples = random.normal({4, 600}, \(g)), divergences = 3}
            assert(good.verdict:find("3 divergences"), good.verdict)
            local text = tostring(good)
            assert(text:find("hdi_3%%") and text:find("hdi_97%%") and text:find("4 chains of 600 draws"), text)
            local hole = tensor.zeros(2, 8)
            hole[{1, 3}] = 0 / 0
            assert(mcmc.summary(hole).verdict:find("nan among the draws"))
            """)
    }
}
