import Autodiff
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

@testable import Chains

/// Detailed balance, pair by pair: p(x) q(y | x) a(x, y) is the same when x and y change places, where q is the density
/// of what a kernel proposes and a the probability of accepting it. The densities of the proposals are written down
/// here again, from their definitions.
@Suite struct BalanceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let kernel: String
        /// log q(y | x) up to terms that are symmetric in x and y; g(x) is the gradient of log p.
        let proposal: String
        var testDescription: String { kernel }
    }

    static let cases: [Case] = [
        Case(kernel: "RandomWalk{scale = 1.2}", proposal: "-((y - x) ^ 2):sum(2) / (2 * 1.44)"),
        Case(
            kernel: "RandomWalk{scale = tensor({1.5, 0.8})}",
            proposal: "-(((y - x) / tensor({1.5, 0.8})) ^ 2):sum(2) / 2"),
        // x' = x + h M g + sqrt(2 h) M^(1/2) z
        Case(kernel: "MALA{step_size = 0.4}", proposal: "-((y - x - 0.4 * g(x)) ^ 2):sum(2) / (4 * 0.4)"),
        Case(
            kernel: "MALA{step_size = 0.3, inverse_mass_matrix = tensor({2, 0.5})}",
            proposal: "-((y - x - 0.3 * g(x) * tensor({2, 0.5})) ^ 2 / tensor({2, 0.5})):sum(2) / (4 * 0.3)"),
        Case(
            kernel: "MALA{step_size = 0.3, inverse_mass_matrix = M}",
            proposal: "-form(y - x - 0.3 * (g(x):matmul(M)), M:inverse()) / (4 * 0.3)"),
        // Each coordinate moves by d, with density 2 N(d; 0, s^2) / (1 + exp(-d g)).
        Case(
            kernel: "Barker{step_size = 1.2}",
            proposal: "-((y - x) ^ 2):sum(2) / (2 * 1.44) - (-(y - x) * g(x)):softplus():sum(2)"),
        Case(
            kernel: "Barker{step_size = 0.9, inverse_mass_matrix = M}",
            proposal: "-(along(y - x) ^ 2):sum(2) / (2 * 0.81) - (-along(y - x) * g(x):matmul(L)):softplus():sum(2)"),
        // One leapfrog step of size e: y = x + e M (p + e / 2 g(x)), with p of covariance M^-1.
        Case(
            kernel: "HMC{step_size = 0.8, leapfrog_steps = 1}",
            proposal: "-(((y - x) / 0.8 - 0.4 * g(x)) ^ 2):sum(2) / 2"),
        Case(
            kernel: "HMC{step_size = 0.7, leapfrog_steps = 1, inverse_mass_matrix = M}",
            proposal: "-form((y - x):matmul(M:inverse()) / 0.7 - 0.35 * g(x), M) / 2"),
    ]

    @Test(arguments: cases) func pairsAreInBalance(_ one: Case) throws {
        let numbers = try Scripts().numbers(
            """
            local generator, n = random.generator(7), 400
            local M = tensor({{1, 0.4}, {0.4, 2}}, {dtype = "float64"})
            local L = M:cholesky()
            local function form(d, matrix) return (d:matmul(matrix) * d):sum(2) end
            local function along(d) return d:matmul(L:inverse():t()) end        -- L^-1 d
            local function log_prob(x)
              local a, b = x[{{}, 1}], x[{{}, 2}]
              return 2 * a - a:exp() - 2 * (b - 0.7 * a) ^ 2
            end
            local function g(x)
              local a, b = x[{{}, 1}], x[{{}, 2}]
              return tensor.stack({2 - a:exp() + 2.8 * (b - 0.7 * a), -4 * (b - 0.7 * a)}, 2)
            end
            local kernel = mcmc.\(one.kernel)
            local x = 0.7 * random.normal({n, 2}, {generator = generator, dtype = "float64"})
            local state, info = kernel:step(kernel:init(x, log_prob), log_prob, {generator = generator})
            local y = state.x
            local moved = (y - x):abs():sum(2):gt(0)
            local function weight(x, y) return log_prob(x) + \(one.proposal) end
            local there, back = weight(x, y), weight(y, x)
            local error = (there + info.acceptance:log() - there:minimum(back)):abs()
            local expected = info.acceptance:sum():item()
            local spread = (info.acceptance * (1 - info.acceptance)):sum():sqrt():item()
            return {error[moved]:max():item(), moved:to("float64"):sum():item(), expected, spread,
              back:lt(there)[moved]:to("float64"):mean():item()}
            """)
        #expect(numbers[0] < 1e-10, "\(one.kernel): from x to y and from y to x, logarithms differ by \(numbers[0])")
        #expect(numbers[1] > 80 && numbers[4] > 0.1 && numbers[4] < 0.95, "\(one.kernel): \(numbers)")
        // The chains that moved are those whose proposals were accepted.
        #expect(
            abs(numbers[1] - numbers[2]) < 4 * numbers[3] + 1e-9,
            "\(one.kernel): \(numbers[1]) moved, \(numbers[2]) expected")
    }

    /// The target log p = -sum x^4 / 4 - (sum x)^2 / 2.
    private static func target(_ start: Rows) -> Target {
        Target(
            { x in
                let squares = try x * x
                let sum = try x.sum([1])
                return try (squares * squares).sum([1]) * -0.25 + sum * sum * -0.5
            }, from: start, shape: [2], dtype: .float64, support: Unbounded(), usesGradient: true, for: "test")
    }

    private static let metrics: [(name: String, metric: Metric)] = [
        ("identity", .identity), ("diagonal", .diagonal([1.4, 0.6])),
        ("dense", .dense(covariance: [1, 0.4, 0.4, 2], factor: [1, 0, 0.4, 1.84.squareRoot()])),
    ]

    /// Seven leapfrog steps from the given positions and momenta.
    private static func moved(_ phase: Phase, by size: Double, _ metric: Metric, _ target: Target) throws -> Phase {
        var phase = phase
        let count = phase.momentum.count
        for _ in 0..<7 {
            try VelocityVerlet.step(
                &phase, sizes: [Double](repeating: size, count: count), moving: [Bool](repeating: true, count: count),
                metric, target)
        }
        return phase
    }

    /// HMC's acceptance ratio is the change of the energy alone only if the leapfrog map is reversible and preserves
    /// volume: seven steps, momenta reversed, seven steps lead back to the start; and the map's Jacobian (4 x 4) has
    /// determinant 1.
    @Test(arguments: metrics.indices) func leapfrogRunsBackAndKeepsVolumes(_ index: Int) throws {
        let (name, metric) = Self.metrics[index]
        let (q, p, step, h) = ([0.7, -0.3], [0.4, 1.1], 0.21, 1e-4)
        // The point itself, then the point with each of its four numbers moved up and down.
        var starts = [q + p]
        for i in 0..<4 {
            for sign in [1.0, -1.0] {
                var start = q + p
                start[i] += sign * h
                starts.append(start)
            }
        }
        let positions = try Rows(starts.flatMap { $0[..<2] }, count: 9, width: 2)
        let momenta = try Rows(starts.flatMap { $0[2...] }, count: 9, width: 2)
        let target = Self.target(positions)
        let end = try Self.moved(Phase(points: target.start(positions), momentum: momenta), by: step, metric, target)
        var turned = end
        turned.momentum = end.momentum.map { -$0 }
        let back = try Self.moved(turned, by: step, metric, target)
        for i in 0..<18 {
            #expect(abs(back.points.position.values[i] - positions.values[i]) < 1e-12, "\(name): number \(i)")
            #expect(abs(back.momentum.values[i] + momenta.values[i]) < 1e-12, "\(name): momentum \(i)")
        }
        #expect(abs(end.points.position.values[0] - q[0]) > 0.1, "nothing moved")
        // The columns of the Jacobian, by central differences.
        let ends = (0..<9).map { end.points.position.row($0) + end.momentum.row($0) }
        let columns = (0..<4).map { i in (0..<4).map { j in (ends[1 + 2 * i][j] - ends[2 + 2 * i][j]) / (2 * h) } }
        let determinant = try Tensor(columns.flatMap(\.self), shape: [4, 4], .float64)
        let value = try determinant.signAndLogDeterminant(for: "test").logarithm.item()
        #expect(abs(value) < 1e-6, "\(name): log |det| of seven steps is \(value)")
        // The energy is -log p + pᵀ M^-1 p / 2, with M^-1 as it was given.
        let energies = VelocityVerlet.energies(end, metric.velocity(end.momentum))
        let inverse: [Double] = index == 0 ? [1, 0, 0, 1] : index == 1 ? [1.96, 0, 0, 0.36] : [1, 0.4, 0.4, 2]
        for row in 0..<9 {
            let (x, p) = (end.points.position.row(row), end.momentum.row(row))
            let sum = x[0] + x[1]
            let potential = (x[0] * x[0] * x[0] * x[0] + x[1] * x[1] * x[1] * x[1]) / 4 + sum * sum / 2
            let kinetic = (inverse[0] * p[0] * p[0] + 2 * inverse[1] * p[0] * p[1] + inverse[3] * p[1] * p[1]) / 2
            #expect(abs(energies[row] - potential - kinetic) < 1e-12, "\(name)")
        }
    }

    /// NUTS on one orbit whose points differ much in energy: from each of twelve points the trajectory is grown many
    /// times, and weight(i) P(i to j) = weight(j) P(j to i) must hold.
    @Test func trajectoriesAreInBalance() throws {
        let (points, chosen, runs) = (40, 14..<26, 1500)
        let energies = (0..<points).map { Double(($0 * 7) % 11) / 5 }
        let momenta = (0..<points).map { cos(0.8 * Double($0)) }
        let rows = try Rows((0..<points).map(Double.init), count: points, width: 1)
        let phase = Phase(
            points: Points(
                position: rows, logProb: [Double](repeating: 0, count: points),
                target: [Double](repeating: 0, count: points), gradient: Rows(points, 1)),
            momentum: try Rows(momenta, count: points, width: 1))
        let nodes = (0..<points).map { TreePoint(phase, $0) }
        var counts = [[Double]](repeating: [Double](repeating: 0, count: points), count: points)
        for start in chosen {
            for run in 0..<runs {
                let generator = Generator(seed: UInt64(start), stream: UInt64(run))
                var tree = Trajectory(
                    nodes[start], velocity: [momenta[start]], energy: energies[start], maxDepth: 3, generator)
                while !tree.isComplete {
                    let next = Int(tree.front.position[0]) + (tree.isForward ? 1 : -1)
                    tree.grow(nodes[next], velocity: [momenta[next]], energy: energies[next], generator)
                }
                counts[start][Int(tree.sample.position[0])] += 1
            }
        }
        var pairs = 0
        for i in chosen {
            for j in chosen where j > i && counts[i][j] + counts[j][i] > 0 {
                let (a, b) = (exp(-energies[i]) / Double(runs), exp(-energies[j]) / Double(runs))
                let (there, back) = (counts[i][j], counts[j][i])
                let error = (a * a * max(there, 1) + b * b * max(back, 1)).squareRoot()
                pairs += 1
                #expect(
                    abs(a * there - b * back) < 4.5 * error,
                    "from \(i) to \(j): \(a * there), back \(b * back) +- \(error)")
            }
        }
        #expect(pairs > 30, "\(pairs) pairs")
    }
}
