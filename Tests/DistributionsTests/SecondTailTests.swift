import Autodiff
import Foundation
import Tensors
import Testing

@testable import Distributions

/// Second derivatives of the tails' logarithms by shape and location, and of mixtures whose logarithms are so large
/// that their differences have no digits: against second_tails.json, which make_second_tails.py writes by mpmath.
@Suite struct SecondTailTests {
    private struct Fixtures: Decodable {
        let tails: [TailRow]
        let mixtures: [MixtureRow]
    }

    private struct TailRow: Decodable {
        let distribution: String
        let parameters: [Double]
        let x: Double
        let side: String
        let i, j: Int
        let value: Double

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            distribution = try list.decode(String.self)
            parameters = try list.decode([Double].self)
            x = try list.decode(Double.self)
            side = try list.decode(String.self)
            i = try list.decode(Int.self)
            j = try list.decode(Int.self)
            value = try list.decode(Double.self)
        }
    }

    private struct MixtureRow: Decodable {
        let weights, locs, scales: [Double]
        let x: Double
        let quantity: String
        let byWeight, byLoc: [Double]
        let byX, mixed: Double

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            weights = try list.decode([Double].self)
            locs = try list.decode([Double].self)
            scales = try list.decode([Double].self)
            x = try list.decode(Double.self)
            quantity = try list.decode(String.self)
            byWeight = try list.decode([Double].self)
            byLoc = try list.decode([Double].self)
            byX = try list.decode(Double.self)
            mixed = try list.decode(Double.self)
        }
    }

    private func fixtures() throws -> Fixtures {
        let url = try #require(
            Bundle.module.url(forResource: "second_tails", withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: url))
    }

    /// In both orders of differentiation, as each uses another formula.
    @Test func secondDerivativesAreMpmaths() throws {
        let rows = try fixtures().tails
        #expect(rows.count > 70)
        for row in rows {
            let inputs = try (row.parameters + [row.x]).map { try scalar($0) }
            let logarithm: ([Variable]) throws -> Variable = { inputs in
                let distribution = try make(row.distribution, Array(inputs.dropLast()))
                let x = inputs[inputs.count - 1]
                return try row.side == "lower" ? distribution.logCumulativeProbability(x) : distribution.logSurvival(x)
            }
            for (first, second) in [(row.i, row.j), (row.j, row.i)] {
                let slope: ([Variable]) throws -> [Variable] = { inputs in
                    [
                        try Transform.valueAndGradient(of: { [try logarithm($0)] }, at: inputs, for: "test").gradients[
                            first]
                    ]
                }
                let got = try Transform.valueAndGradient(of: slope, at: inputs, for: "test").gradients[second].value
                    .item()
                let label =
                    """
                    \(row.distribution)\(row.parameters) at \(row.x), \(row.side): by \(first + 1), then by \
                    \(second + 1)
                    """
                #expect(abs(got - row.value) <= 1e-7 * abs(row.value), "\(label): \(got), expected \(row.value)")
            }
        }
    }

    @Test func mixturesOfHugeLogarithmsAreMpmaths() throws {
        let rows = try fixtures().mixtures
        #expect(rows.count > 15)
        for row in rows {
            let inputs = try [vector(row.weights), vector(row.locs), scalar(row.x)]
            let value: ([Variable]) throws -> Variable = { inputs in
                let distribution = try Mixture(inputs[0], batched: Normal(inputs[1], vector(row.scales)))
                return switch row.quantity {
                case "log_prob": try distribution.logProbability(inputs[2])
                case "log_cdf": try distribution.logCumulativeProbability(inputs[2])
                default: try distribution.logSurvival(inputs[2])
                }
            }
            let slopes: ([Variable]) throws -> [Variable] = { inputs in
                try Transform.valueAndGradient(of: { [try value($0)] }, at: inputs, for: "test").gradients
            }
            let got = try slopes(inputs)
            let label = "Mixture(\(row.weights), \(row.locs), \(row.scales)) at \(row.x): \(row.quantity)"
            func hold(_ what: String, _ got: [Double], _ expected: [Double], _ tolerance: Double) {
                for (got, expected) in zip(got, expected) {
                    #expect(
                        abs(got - expected) <= tolerance * abs(expected) + 1e-300,
                        "\(label), \(what): \(got), expected \(expected)")
                }
            }
            try hold("by weights", got[0].value.toArray(), row.byWeight, 1e-10)
            try hold("by locs", got[1].value.toArray(), row.byLoc, 1e-10)
            try hold("by x", [got[2].value.item()], [row.byX], 1e-10)
            let mixed = try Transform.valueAndGradient(of: { [try slopes($0)[2]] }, at: inputs, for: "test").gradients[
                0]
            // A difference of two slopes is compared relative to the size of the slopes.
            let first = try mixed.value.toArray()[0]
            #expect(
                abs(first - row.mixed) <= 1e-9
                    * max(abs(row.mixed), abs(row.byX) * (abs(row.byWeight[0]) + 1 / row.weights.reduce(0, +))),
                "\(label), by x and the first weight: \(first), expected \(row.mixed)")
        }
    }

    /// The mixed derivative by a weight and x, in both orders, where one component has nearly the whole sum: mpmath's
    /// numbers.
    @Test func mixedDerivativesBesideAShareOfOne() throws {
        let rows: [(w: Double, x: Double, expected: Double)] = [
            (1e-3, 10, 3.6647924710825501e-7), (1e-3, 30, 3.9774892592027355e-105),
            (1e-100, 30, 3.9814707299138954e89),
        ]
        for row in rows {
            let inputs = try [scalar(row.w), scalar(1 - row.w), scalar(row.x)]
            let slopes: ([Variable]) throws -> [Variable] = { inputs in
                try Transform.valueAndGradient(
                    of: { inputs in
                        let components = try [Normal(scalar(0.5), scalar(1.5)), Normal(scalar(0), scalar(1))]
                        let mixture = try Mixture(Variable.stack([inputs[0], inputs[1]], 0), components)
                        return [try mixture.logSurvival(inputs[2])]
                    }, at: inputs, for: "test"
                ).gradients
            }
            for (first, second) in [(0, 2), (2, 0)] {
                let got = try Transform.valueAndGradient(of: { [try slopes($0)[first]] }, at: inputs, for: "test")
                    .gradients[second].value.item()
                #expect(
                    abs(got / row.expected - 1) < 1e-11,
                    "w \(row.w), x \(row.x), by \(first), then \(second): \(got), expected \(row.expected)")
            }
        }
    }

    /// The second derivatives by weights of which one is 0: -r_i r_j + 1 / t^2, with the densities r divided by Σ w r,
    /// and t = Σ w.
    @Test func secondDerivativesAtAWeightOfNothing() throws {
        let expected = [
            [-0.21314356948274327, -0.5408197472777145, 0.62625702919118],
            [-0.5408197472777145, -0.9289650864177184, 0.45348332424576054],
            [0.62625702919118, 0.45348332424576054, 1.0688474925633469],
        ]
        let normal = try Normal(vector([0.5, 0, -1]), vector([1.5, 1, 2]))
        for (row, expected) in expected.enumerated() {
            let slope: ([Variable]) throws -> Variable = { inputs in
                let slopes = try Transform.valueAndGradient(
                    of: { [try Mixture($0[0], batched: normal).logProbability(scalar(0.7))] }, at: inputs, for: "test"
                ).gradients[0]
                return try slopes.select(0, row)
            }
            let got = try Transform.valueAndGradient(of: { [try slope($0)] }, at: [vector([0, 0.5, 0.3])], for: "test")
                .gradients[0].value.toArray()
            #expect(zip(got, expected).allSatisfy { abs($0 - $1) < 1e-13 }, "row \(row): \(got), expected \(expected)")
        }
    }

    /// Logarithms near the largest float.
    @Test func sumsOfHugeLogarithms() throws {
        func slopes(_ weights: [Double], _ logs: [Double]) throws -> (
            value: Double, byWeight: [Double], byLog: [Double]
        ) {
            let (values, gradients) = try Transform.valueAndGradient(
                of: { [try $0[0].weighedLogSum($0[1])] }, at: [vector(weights), vector(logs)], for: "test")
            return (try values[0].value.item(), try gradients[0].value.toArray(), try gradients[1].value.toArray())
        }
        for size in [1e300, -1e300, 1e17, -1e17] {
            let both = try slopes([0.25, 0.75], [size, size])
            #expect(both.value == size && both.byWeight == [1, 1] && both.byLog == [0.25, 0.75], "\(size): \(both)")
            let one = try slopes([0.25, 0.75], [size, -.infinity])
            #expect(one.value == size && one.byWeight == [4, 0] && one.byLog == [1, 0], "\(size): \(one)")
        }
        let apart = try slopes([0.5, 0.5], [1e300, -1e300])
        #expect(apart.byWeight == [2, 0] && apart.byLog == [1, 0], "\(apart)")
        let nothing = try slopes([0.5, 0.5], [-.infinity, -.infinity])
        #expect(nothing.value == -.infinity && nothing.byWeight == [0, 0] && nothing.byLog == [0, 0], "\(nothing)")
        let beyond = try slopes([0, 1], [1e300, 0])
        #expect(beyond.value == 0 && beyond.byWeight == [.infinity, 1] && beyond.byLog == [0, 1], "\(beyond)")
        let infinite = try slopes([0.5, 0.5], [.infinity, 3])
        #expect(infinite.value == .infinity && infinite.byWeight == [2, 0] && infinite.byLog == [1, 0], "\(infinite)")
    }
}
