import Autodiff
import Foundation
import Scripting
import Tensors
import Testing

@testable import Projections

/// A ball and a plane that cuts off a very thin cap. The answer is known without subtracting nearly equal numbers: the
/// plane x1 = 1 - h, with h a power of two, cuts a disc of radius √(h (2 - h)) out of the unit ball.
@Suite struct ThinIntersectionTests {
    struct Case: CustomStringConvertible {
        let power: Int
        let scale, distance: Double
        var height: Double { Double(sign: .plus, exponent: -power, significand: 1) }
        var disc: Double { (height * (2 - height)).squareRoot() }
        var description: String { "2^-\(power), x \(distance) away, unit \(scale)" }
    }
    static let cases = [0, 4, 10, 20, 30, 40, 50].flatMap { power in
        [1.0, 0x1p-40, 0x1p40].flatMap { scale in
            [2.0, 1e3, 1e8].map { Case(power: power, scale: scale, distance: $0) }
        }
    }

    /// The cap {x1 >= 1 - h} as a half-space and the disc as a plane, each with a ball, a moved ball, and a stretched
    /// one.
    private func sets(_ radius: Variable, _ level: Variable, _ scale: Double) throws -> [Intersection] {
        let normal = try float64([1, 0, 0])
        let plane = try Hyperplane(Variable(normal), level)
        let cap = try Halfspace(Variable(float64([-1, 0, 0])), -level)
        let zero = Variable(try Tensor(0, .float64))
        let ball = try Ball(center: zero, radius: radius)
        let moved = try Translate(
            Ball(center: Variable(float64([0, scale, 0])), radius: radius), Variable(float64([0, -scale, 0])))
        let stretched = try Scale(Ball(center: zero, radius: radius / 2), Variable(Tensor(-2, .float64)))
        return try [[ball, plane], [cap, ball], [moved, plane], [plane, stretched]].map { try Intersection($0) }
    }

    @Test(arguments: cases) func valuesAndDerivativesAreTheDiscs(_ thin: Case) throws {
        let (scale, distance, disc) = (thin.scale, thin.distance * thin.scale, thin.disc)
        let numbers = [0, 0.6, 0.8].map { $0 * distance }
        let inputs = [
            Variable(try float64(numbers)), Variable(try Tensor(scale, .float64)),
            Variable(try Tensor((1 - thin.height) * scale, .float64)),
        ]
        // The rounding of the level limits how precisely the edge is known.
        let noise = 0x1p-50 / disc / disc
        for index in 0..<4 {
            func point(_ v: [Variable]) throws -> Variable { try sets(v[1], v[2], scale)[index].project(v[0]) }
            let got = try point(inputs).value.toArray()
            let expected = [1 - thin.height, 0.6 * disc, 0.8 * disc].map { $0 * scale }
            for i in 0..<3 {
                #expect(
                    abs(got[i] - expected[i]) <= scale * (1e-15 + noise * disc),
                    "\(thin), set \(index): \(got), expected \(expected)")
            }
            // 0.6 y2 + 0.8 y3 is the disc's radius √(r² - b²), whose slopes by r and b are r and -b over it. y2 alone
            // changes when x moves.
            let gradients = try Transform.valueAndGradient(
                of: { v in [try (point(v) * Variable(float64([0, 0.6, 0.8]))).sum()] }, at: inputs, for: "test"
            ).gradients.map { try $0.value.toArray() }
            let slopes = [1 / disc, -(1 - thin.height) / disc]
            for i in 0..<2 {
                #expect(
                    abs(gradients[i + 1][0] - slopes[i]) <= (1e-9 + 8 * noise) * max(1, abs(slopes[i])),
                    "\(thin), set \(index): \(gradients), expected \(slopes)")
            }
            let turning = try Transform.vjp(of: { v in [try sets(inputs[1], inputs[2], scale)[index].project(v[0])] },
                at: inputs[0], Variable(float64([0, 0.8, -0.6])), for: "test").product.value.toArray()
            let turn = disc * scale / distance
            for (i, expected) in [0, 0.8 * turn, -0.6 * turn].enumerated() {
                #expect(
                    abs(turning[i] - expected) <= turn * (1e-9 + 8 * noise) + 1e-15,
                    "\(thin), set \(index): \(turning), expected \(turn)")
            }
        }
    }

    /// The second derivative of the disc's radius ρ by the ball's radius r: (1 - r²/ρ²)/ρ = -b²/ρ³.
    @Test func secondDerivatives() throws {
        let inputs = [
            Variable(try float64([0, 30, 40])), Variable(try Tensor(1, .float64)), Variable(try Tensor(0.75, .float64)),
        ]
        let disc = (1 - 0.75 * 0.75).squareRoot()
        for index in 0..<4 {
            func radius(_ r: Variable) throws -> Variable {
                try (sets(r, inputs[2], 1)[index].project(inputs[0]) * Variable(float64([0, 0.6, 0.8]))).sum()
            }
            let second = try Transform.hessian(of: { [try radius($0[0])] }, at: inputs[1], for: "test").value.item()
            #expect(abs(second / (-0.5625 / (disc * disc * disc)) - 1) < 1e-9, "set \(index): \(second)")
        }
    }

    /// Sets with a very small gap between them are refused, and sets that only touch are not.
    @Test func apartOrTouching() throws {
        for scale in [1.0, 1e-12, 1e12] {
            func at(_ level: Double) throws -> [Double] {
                try sets(Variable(Tensor(scale, .float64)), Variable(Tensor(level * scale, .float64)), scale)[0]
                    .project(float64([3, 4, 5].map { $0 * scale })).toArray()
            }
            let touching = try at(1)
            let away = zip(touching, [scale, 0, 0]).map { abs($0 - $1) }
            #expect(away.reduce(0, max) <= 1e-12 * scale, "\(touching)")
            var text = "no error"
            do { _ = try at(1 + 1e-6) } catch { text = "\(error)" }
            #expect(text.contains("the sets do not meet: the others stay"), "\(text)")
        }
    }
}
