import Foundation
import LawChecks
import Scripting
import Testing

import Samplers

/// ess, khat and standard_error, by ArviZ's values and by hand.
@Suite struct DiagnosticsTests {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        /// JSON has no infinities; they are written as strings.
        enum Number: Decodable, Sendable {
            case finite(Double)
            case infinite(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) { self = .finite(number) } else { self = .infinite(try container.decode(String.self)) }
            }

            var value: Double {
                switch self {
                case .finite(let number): number
                case .infinite(let text): text == "-inf" ? -.infinity : .infinity
                }
            }
        }

        let name: String
        let log_weights: [Number]
        let khat: Number
        let ess: Double
        var testDescription: String { name }

        static let all: [Case] = {
            guard let url = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/khat.json"), let data = try? Data(contentsOf: url) else { return [] }
            return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
        }()
    }

    @Test func fixturesAreThere() { #expect(Case.all.count >= 39) }

    @Test(arguments: Case.all) func agreesWithArviZ(_ one: Case) throws {
        let weights = try LogWeights(one.log_weights.map(\.value), for: "test")
        let (khat, expected) = (ParetoShape.of(weights), one.khat.value)
        #expect(khat == expected || abs(khat - expected) < 1e-9 * max(1, abs(expected)), "\(one.name): khat \(khat), ArviZ \(expected)")
        let ess = EffectiveSampleSize.of(weights)
        #expect(abs(ess - one.ess) < 1e-9 * one.ess, "\(one.name): ess \(ess), expected \(one.ess)")
    }

    /// The scale of weights does not matter, and the order neither.
    @Test func invariances() throws {
        let numbers = try normals([500], seed: 4).value.toArray().map { $0 * 1.5 }
        let plain = try LogWeights(numbers, for: "test")
        for other in [numbers.map { $0 - 1e5 }, numbers.reversed(), numbers.sorted()] {
            let moved = try LogWeights(other, for: "test")
            #expect(abs(ParetoShape.of(moved) - ParetoShape.of(plain)) < 1e-8)
            #expect(abs(EffectiveSampleSize.of(moved) / EffectiveSampleSize.of(plain) - 1) < 1e-8)
        }
    }

    /// Pareto tails of known shape: the fit finds them.
    @Test(arguments: [0.2, 0.5, 0.9, 1.4]) func findsTheShape(_ k: Double) throws {
        let uniforms = try normals([20000], seed: 5).value.toArray().map { 0.5 * erfc(-$0 / 2.0.squareRoot()) }
        let weights = try LogWeights(uniforms.map { -k * log(1 - $0) }, for: "test")
        #expect(abs(ParetoShape.of(weights) - k) < 0.25, "khat \(ParetoShape.of(weights)) for tails of shape \(k)")
    }

    @Test func edges() throws {
        let scripts = try Scripts()
        #expect(try scripts.number("return montecarlo.khat({3, 3, 3})") == 0)
        #expect(try scripts.number("return montecarlo.khat({3})") == 0)
        #expect(try scripts.number("return montecarlo.khat({3, 4, 5})") == .infinity)
        #expect(try scripts.number("return montecarlo.ess({-math.huge, 7})") == 1)
        #expect(try scripts.number("return montecarlo.ess(tensor({0, 0, 0}))") == 3)
    }

    @Test func standardErrors() throws {
        let x = try normals([1000], seed: 6).value.toArray()
        #expect(abs(StandardError.ofMean(x).error - (moments(x).variance / 1000).squareRoot()) < 1e-12)
        #expect(StandardError.ofMean([1e300, -1e300, 1e300]).error > 1e299)
        #expect(abs(StandardError.ofMean([1e-300, 3e-300]).error / 1e-300 - 1) < 1e-12)
        #expect(StandardError.ofMean([2, 2, 2]).error == 0)
        // Batches of one are the plain error; a remainder is left out at the start.
        #expect(abs(StandardError.ofBatches(x, 1000) - StandardError.ofMean(x).error) < 1e-15)
        #expect(StandardError.ofBatches([99, 1, 1, 3, 3], 2) == 1)
    }

    /// On an autoregressive chain, batch means see what independence does not: error √((1+r)/(1-r)/n).
    @Test func batchMeansOfAChain() throws {
        let noise = try normals([20000], seed: 7).value.toArray()
        var (x, state) = ([Double](), 0.0)
        for e in noise {
            state = 0.8 * state + 0.6 * e
            x.append(state)
        }
        let expected = (1.8 / 0.2 / 20000).squareRoot()
        let batches = StandardError.ofBatches(x, 50)
        #expect(abs(batches / expected - 1) < 0.4, "batch means \(batches), expected \(expected)")
        #expect(StandardError.ofMean(x).error < expected / 2)
    }
}
