import Foundation
import LawChecks
import Scripting
import Testing

import Samplers

/// `ess`, `khat` and `standard_error` against ArviZ's values and hand computations.
@Suite struct DiagnosticsTests {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
        /// JSON has no infinities; they are written as strings.
        enum Number: Decodable, Sendable {
            case finite(Double)
            case infinite(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    self = .finite(number)
                } else {
                    self = .infinite(try container.decode(String.self))
                }
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
        /// The smoothed weights: their sum of squares, and the largest logarithms.
        struct Smoothed: Decodable, Sendable {
            let khat: Number?
            let squares: Double
            let largest: [Double]
        }
        let smoothed: Smoothed
        /// The same with the relative efficiency reff = 0.3.
        let correlated: Smoothed
        var testDescription: String { name }

        static let all: [Case] = {
            guard let url = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/khat.json"),
                let data = try? Data(contentsOf: url)
            else { return [] }
            return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
        }()
    }

    @Test func fixturesAreThere() { #expect(Case.all.count >= 39) }

    @Test(arguments: Case.all) func agreesWithArviZ(_ one: Case) throws {
        let weights = try LogWeights(one.log_weights.map(\.value), for: "test")
        let (khat, expected) = (ParetoShape.of(weights), one.khat.value)
        #expect(
            khat == expected || abs(khat - expected) < 1e-9 * max(1, abs(expected)),
            "\(one.name): khat \(khat), ArviZ \(expected)")
        let ess = EffectiveSampleSize.of(weights)
        #expect(abs(ess - one.ess) < 1e-9 * one.ess, "\(one.name): ess \(ess), expected \(one.ess)")
    }

    /// ArviZ does not smooth equal weights either, but reports k-hat as infinite.
    @Test(arguments: Case.all) func smoothsAsArviZ(_ one: Case) throws {
        let weights = one.log_weights.map { $0.value == -.infinity ? "-math.huge" : "\($0.value)" }.joined(
            separator: ", ")
        for (expected, khat, options) in [
            (one.smoothed, one.khat, ""), (one.correlated, one.correlated.khat ?? one.khat, ", {reff = 0.3}"),
        ] {
            let own = try Scripts().numbers(
                """
                local raw = {\(weights)}
                local smoothed, khat = montecarlo.psis(raw\(options))
                -- In the order of the raw weights, which smoothing keeps.
                local order = {}
                for i = 1, #raw do order[i] = i end
                table.sort(order, function(i, j) return raw[i] > raw[j] or raw[i] == raw[j] and i > j end)
                local result, squares = {khat, (2 * smoothed):exp():sum():item(), smoothed:exp():sum():item()}, 0
                for k = 1, #raw do result[#result + 1] = smoothed[{order[k]}] end
                return result
                """)
            #expect(
                own[0] == khat.value || abs(own[0] - khat.value) < 1e-9 * max(1, abs(khat.value)),
                "\(one.name): khat \(own[0]), ArviZ \(khat.value)")
            #expect(
                abs(own[1] / expected.squares - 1) < 1e-9, "\(one.name): squares \(own[1]), ArviZ \(expected.squares)")
            #expect(abs(own[2] - 1) < 1e-12)
            for (mine, theirs) in zip(own.dropFirst(3), expected.largest) {
                #expect(
                    abs(mine - theirs) < 1e-9 * max(1, abs(theirs)), "\(one.name)\(options): \(mine), ArviZ \(theirs)")
            }
            for (larger, smaller) in zip(own.dropFirst(3), own.dropFirst(4)) where smaller > larger + 1e-12 {
                Issue.record("\(one.name): smoothing changed the order")
            }
        }
    }

    /// Neither the scale of the weights nor their order matters.
    @Test func invariances() throws {
        let numbers = try normals([500], seed: 4).value.toArray().map { $0 * 1.5 }
        let plain = try LogWeights(numbers, for: "test")
        for other in [numbers.map { $0 - 1e5 }, numbers.reversed(), numbers.sorted()] {
            let moved = try LogWeights(other, for: "test")
            #expect(abs(ParetoShape.of(moved) - ParetoShape.of(plain)) < 1e-8)
            #expect(abs(EffectiveSampleSize.of(moved) / EffectiveSampleSize.of(plain) - 1) < 1e-8)
        }
    }

    /// The fit finds the shape of Pareto tails.
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
        #expect(
            try scripts.number(
                "local w, k = montecarlo.psis({3, 3, 3}) assert((w:exp() - 1 / 3):abs():max():item() < 1e-15) return k")
                == 0)
        #expect(
            try scripts.number(
                "local w, k = montecarlo.psis({3, -math.huge}) assert(w[{1}] == 0 and w[{2}] == -math.huge) return k")
                == .infinity)
        #expect(
            try scripts.message("montecarlo.psis({1, 0 / 0})").contains(
                "log_weights[2] is nan; a number or -inf expected"))
        #expect(try scripts.message("montecarlo.psis({1, 2}, {reff = 0})").contains("reff"))
        #expect(try scripts.number("return montecarlo.ess({-math.huge, 7})") == 1)
        #expect(try scripts.number("return montecarlo.ess(tensor({0, 0, 0}))") == 3)
    }

    @Test func standardErrors() throws {
        let x = try normals([1000], seed: 6).value.toArray()
        #expect(abs(StandardError.ofMean(x).error - (moments(x).variance / 1000).squareRoot()) < 1e-12)
        #expect(StandardError.ofMean([1e300, -1e300, 1e300]).error > 1e299)
        #expect(abs(StandardError.ofMean([1e-300, 3e-300]).error / 1e-300 - 1) < 1e-12)
        #expect(StandardError.ofMean([2, 2, 2]).error == 0)
        // With batches of one draw it is the plain standard error; a remainder is dropped from the start.
        #expect(abs(StandardError.ofBatches(x, 1000) - StandardError.ofMean(x).error) < 1e-15)
        #expect(StandardError.ofBatches([99, 1, 1, 3, 3], 2) == 1)
    }

    /// For an autoregressive chain with correlation r, batch means give the error √((1+r)/(1-r)/n), which the formula
    /// for independent draws misses.
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
