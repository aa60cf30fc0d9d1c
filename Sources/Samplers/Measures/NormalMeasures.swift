import RealModule
import Tensors

/// The normal distribution with mean μ and standard deviation σ.
enum NormalMeasures {
    /// 1/(σ√(2π)) [q⁺ - q⁻], q± the distribution of μ ± σW, W of density w exp(-w²/2) (Weibull of shape 2 and scale
    /// √2). Both use one draw of W.
    static let loc = MeasureDecomposition(distribution: "Normal", parameter: "loc") { parameters, _, generator in
        let (loc, scale) = (parameters("loc"), parameters("scale"))
        let w = Double.sqrt(-2 * Double.log(generator.openUniform()))
        return .init(
            coefficient: 1 / (scale * Double.sqrt(2 * .pi)), positive: loc + scale * w, negative: loc - scale * w)
    }

    /// 1/σ [q⁺ - q], q⁺ the double-sided Maxwell distribution of density m² exp(-m²/2) / √(2π) in m = (x - μ)/σ, q the
    /// normal distribution itself. Coupled: M U is standard normal for U uniform and M double-sided Maxwell.
    static let scale = MeasureDecomposition(distribution: "Normal", parameter: "scale") { parameters, _, generator in
        let (loc, scale) = (parameters("loc"), parameters("scale"))
        let (a, b, c) = (generator.normal(), generator.normal(), generator.normal())
        let size = Double.sqrt(a * a + b * b + c * c)
        // The sign of a normal number is independent of its size: `a` serves for both.
        let maxwell = a < 0 ? -size : size
        return .init(
            coefficient: 1 / scale, positive: loc + scale * maxwell,
            negative: loc + scale * maxwell * generator.uniform())
    }
}
