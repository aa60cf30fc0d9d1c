import Tensors

/// A distribution's derivative with respect to one of its parameters as a difference of two distributions:
/// ∂q/∂θ = c (q⁺ - q⁻), so ∂E[f]/∂θ = c (E⁺[f] - E⁻[f]) (Pflug 1989; Heidergott and Vázquez-Abad 2008; Mohamed et al.
/// 2020, section 6 and table 1).
struct MeasureDecomposition: Sendable {
    /// One draw of both distributions, coupled where that lowers the variance.
    struct Pair {
        let coefficient: Double
        let positive: Double
        let negative: Double
    }

    /// The distribution's name in the module `distribution`.
    let distribution: String
    /// The name of the parameter θ.
    let parameter: String
    /// A pair from the distribution's parameters (by name) and an ordinary draw x of the distribution.
    let pair: @Sendable (_ parameters: (String) -> Double, _ x: Double, _ generator: Generator) -> Pair
}
