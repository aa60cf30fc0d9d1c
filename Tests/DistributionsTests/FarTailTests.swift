import Autodiff
import Distributions
import LawChecks
import Tensors
import Testing

/// Tails so far out that the difference of two logarithms would have no correct digit left.
@Suite struct FarTailTests {
    struct Case: Sendable {
        let distribution: String
        let parameters: [Double]
        let x: Double
        let side: TailSide
        /// The derivative by x of the tail's logarithm, and the logarithm of the size of that derivative's derivative:
        /// by mpmath, from make_far_tails.py.
        let slope, bend: Double
    }

    static let cases = [
        Case(
            distribution: "Beta", parameters: [1.4094e14, 0.0024755], x: 0.017623,
            side: .lower, slope: 7997503262781593.0, bend: -56.744027691085506),
        Case(
            distribution: "Beta", parameters: [2.5e12, 7.1e9], x: 0.4,
            side: .lower, slope: 6238166666668.341, bend: -2.5079038535170937),
        Case(
            distribution: "Beta", parameters: [300000, 8e13], x: 2e-11,
            side: .lower, slope: 1.4920000268094008e16, bend: -50268095606.67762),
        Case(
            distribution: "Beta", parameters: [12.5, 3e9], x: 0.02,
            side: .upper, slope: -3061223914.795928, bend: 1.0204177466001232),
        Case(
            distribution: "Gamma", parameters: [1e14, 2], x: 1e12,
            side: .lower, slope: 98.00000000000001, bend: -1.0204081632653059e-12),
        Case(
            distribution: "Gamma", parameters: [5e11, 3], x: 1e12,
            side: .upper, slope: -2.5000000000012, bend: 1.99999999999328e-13),
        Case(
            distribution: "Gamma", parameters: [0.002, 1], x: 4e8,
            side: .upper, slope: -1.000000002495, bend: -6.237499953249938e-18),
        Case(
            distribution: "StudentT", parameters: [4e10, 0, 1], x: 3e7,
            side: .upper, slope: -1333.2740767077034, bend: -3.3330370502051833e-08),
        Case(
            distribution: "StudentT", parameters: [9e13, 0, 1], x: -2e7,
            side: .lower, slope: 3673469.3877551113, bend: 3.163265306122474e-08),
    ]

    /// The slope to nearly all digits, and the second derivative too, which is a small difference of two slopes.
    @Test(arguments: cases.indices) func slopesAndSecondDerivativesAreMpmaths(_ index: Int) throws {
        let far = Self.cases[index]
        let distribution = try make(far.distribution, far.parameters.map { try scalar($0) })
        func logarithm(_ inputs: [Variable]) throws -> [Variable] {
            [
                try far.side == .lower
                    ? distribution.logCumulativeProbability(inputs[0]) : distribution.logSurvival(inputs[0])
            ]
        }
        func first(_ inputs: [Variable]) throws -> [Variable] {
            try Transform.valueAndGradient(of: logarithm, at: inputs, for: "test").gradients
        }
        let (slopes, bends) = try Transform.valueAndGradient(of: first, at: [scalar(far.x)], for: "test")
        let (slope, second) = (try slopes[0].value.item(), try bends[0].value.item())
        #expect(abs(slope - far.slope) <= 1e-12 * abs(far.slope), "\(far): \(slope)")
        #expect(abs(second - far.slope * far.bend) <= 1e-9 * abs(far.slope * far.bend), "\(far): second \(second)")
    }
}
