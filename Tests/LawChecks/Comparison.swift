import Tensors

/// Where two tensors differ most beyond |a - b| <= absolute + relative |b|, or in shape; nil when they agree.
///
/// NaN agrees with NaN only, and an infinity with the same infinity.
public func difference(
    _ a: Tensor, _ b: Tensor, absolute: Double = 1e-9, relative: Double = 1e-9
) throws -> String? {
    guard a.shape == b.shape else { return "shape \(Shape.describe(a.shape)), expected \(Shape.describe(b.shape))" }
    let (x, y) = (try a.toArray(), try b.toArray())
    var worst: (excess: Double, index: Int)?
    for index in x.indices where x[index] != y[index] && !(x[index].isNaN && y[index].isNaN) {
        let excess = abs(x[index] - y[index]) - absolute - relative * abs(y[index])
        if excess <= 0 { continue }
        // A NaN on one side only counts as the worst difference of all.
        if worst == nil || excess.isNaN || excess > (worst?.excess ?? 0) { worst = (excess, index) }
    }
    return worst.map {
        "element \($0.index + 1) of shape \(Shape.describe(a.shape)): \(x[$0.index]), expected \(y[$0.index])"
    }
}
