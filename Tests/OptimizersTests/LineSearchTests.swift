import Foundation
import Tensors
import Testing

@testable import Optimizers

/// The line search alone, against PyTorch's: the same point and the same number of evaluations.
@Suite struct LineSearchTests {
    struct Search: Decodable, CustomTestStringConvertible, Sendable {
        let line: String
        let first: Double
        let t: Double
        let evaluations: Int
        var testDescription: String { "\(line) from \(first)" }

        static let all = fixture("searches", of: Search.self)
    }

    @Test func fixturesAreThere() { #expect(Search.all.count >= 30) }

    /// Functions of a step size, with their derivatives.
    static let lines: [String: @Sendable (Double) -> (Double, Double)] = [
        "rational": { t in (-t / (t * t + 2), (t * t - 2) / ((t * t + 2) * (t * t + 2))) },
        "power": { t in
            let s = t + 0.004
            return (pow(s, 5) - 2 * pow(s, 4), 5 * pow(s, 4) - 8 * pow(s, 3))
        },
        "wave": { t in (-0.3 * t + 0.2 * sin(5 * t) + 0.05 * t * t, -0.3 + cos(5 * t) + 0.1 * t) },
        "sharp": { t in
            let root = (1 + 400 * (t - 1) * (t - 1)).squareRoot()
            return (root - 0.1 * t, 400 * (t - 1) / root - 0.1)
        },
        "quartic": { t in (0.01 * pow(t, 4) - t, 0.04 * pow(t, 3) - 1) },
    ]

    @Test(arguments: Search.all) func endsWherePyTorchEnds(_ search: Search) throws {
        let line = try #require(Self.lines[search.line])
        func trial(_ t: Double) throws -> Trial {
            let (value, slope) = line(t)
            return Trial(t: t, value: value, gradient: try Tensor(slope, .float64), slope: slope)
        }
        let found = try StrongWolfe(direction: 1, limit: 25).search(from: trial(0), first: search.first, trial)
        #expect(found.evaluations == search.evaluations)
        #expect(abs(found.best.t - search.t) <= 1e-7 * max(1, search.t), "\(found.best.t), PyTorch \(search.t)")
    }

    /// The Wolfe conditions themselves, where the search guarantees them (a smooth function bounded below, enough
    /// trials).
    @Test(arguments: ["rational", "power", "sharp", "quartic"], [1e-3, 1, 100.0]) func satisfiesTheConditions(
        _ name: String, _ first: Double
    ) throws {
        let line = try #require(Self.lines[name])
        func trial(_ t: Double) throws -> Trial {
            let (value, slope) = line(t)
            return Trial(t: t, value: value, gradient: try Tensor(slope, .float64), slope: slope)
        }
        let (start, method) = (try trial(0), StrongWolfe(direction: 1, limit: 25))
        let best = try method.search(from: start, first: first, trial).best
        #expect(best.value <= start.value + method.sufficientDecrease * best.t * start.slope)
        #expect(abs(best.slope) <= method.curvature * abs(start.slope))
    }

    @Test func theFixtureIsThere() { #expect(Search.all.count == 30) }
}
