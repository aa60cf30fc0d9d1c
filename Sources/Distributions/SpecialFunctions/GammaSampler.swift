import Autodiff
import RealModule
import Tensors

extension Generator {
    /// The logarithm of a Gamma(a, 1) variable, exactly distributed: Marsaglia & Tsang, "A simple method for generating
    /// gamma variables", ACM TOMS 26, 2000; below a = 1 by Gamma(a) = Gamma(a + 1) u^(1/a), which in logarithms never
    /// underflows.
    func logGamma(_ a: Double) -> Double {
        if a < 1 { return logGamma(a + 1) + Double.log(openUniform()) / a }
        let d = a - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            let u = openUniform()
            if u < 1 - 0.0331 * x * x * x * x || Double.log(u) < 0.5 * x * x + d * (1 - v + Double.log(v)) {
                return Double.log(d) + Double.log(v)
            }
        }
    }
}

extension Variable {
    /// Draws y = log X, X ~ Gamma(a, 1), of shape `shape` + a's shape, in float64 whatever a's dtype.
    ///
    /// Implicitly reparameterised: dy/da = -(∂F/∂a) / p(y) at the draw (Figurnov, Mohamed, Mnih, "Implicit
    /// reparameterization gradients", NeurIPS 2018). The slope is a function of a and y on the tape, so second
    /// derivatives are right too.
    static func logGammaDraws(_ a: Variable, _ shape: [Int], from generator: Generator, for operation: String) throws
        -> Variable
    {
        let shapes = try a.value.toArray()
        // Finite even for shapes near 0, so that differences of draws are never inf - inf.
        let draws = try generator.fill(shape + a.shape, .float64, for: operation) {
            max($0.logGamma(shapes[$1 % shapes.count]), -1e300)
        }
        let a = try a.expand(shape + a.shape)
        return try .recorded("distribution.gamma_draw", [a], draws.value, keeps: [.inputs, .outputs]) { call in
            [try call.cotangent * logGammaSlope(call.inputs[0], call.outputs[0])]
        }
    }
}
