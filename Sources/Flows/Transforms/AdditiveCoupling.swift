import Autodiff
import Networks
import Scripting
import Tensors

/// NICE's additive coupling (Dinh, Krueger, Bengio 2015, equation 8): one half of the dimensions is shifted by a
/// function of the other half. Its Jacobian is triangular with a diagonal of ones, so log |det| = 0.
///
/// The halves are the even and the odd positions, counted from 0.
public struct AdditiveCoupling: FlowTransform {
    /// Which positions are shifted; the others are read.
    public enum Half: Sendable { case even, odd }

    /// Positions count from 0, so that even is the first, third and so on.
    public let shifted: Half
    /// Computes the shift from the half that is read: (rows, D / 2) -> (rows, D / 2).
    public let network: Perceptron

    /// For an even number of features D; not checked here.
    public init(shifting shifted: Half, by network: Perceptron) {
        self.shifted = shifted
        self.network = network
    }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        (try shift(x, by: 1), try x.constant(0))
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        (try shift(z, by: -1), try z.constant(0))
    }

    private func shift(_ x: Variable, by sign: Double) throws -> Variable {
        let (rows, pairs) = (x.shape[0], x.shape[1] / 2)
        let (target, source) = shifted == .even ? (0, 1) : (1, 0)
        let shift = try network(x.slice(1, source, pairs, step: 2))
        if x.dtype == shift.dtype, x.dtype == .float32 || x.dtype == .float64, shift.shape == [rows, pairs] {
            return try x.adding(shift, scale: sign, toColumnsFrom: target, step: 2, for: "flow.AdditiveCoupling")
        }
        var halves = [try x.slice(1, 0, pairs, step: 2), try x.slice(1, 1, pairs, step: 2)]
        halves[target] = try sign > 0 ? halves[target] + shift : halves[target] - shift
        return try Variable.stack(halves, 2).reshape([rows, 2 * pairs])
    }

    public var parameters: [(name: String, value: Variable)] { network.parameters }
    public var modules: [Module] { network.dropout.map { [$0] } ?? [] }
}
