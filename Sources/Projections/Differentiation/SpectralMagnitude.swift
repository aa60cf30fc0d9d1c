import Autodiff
import Scripting
import Tensors

/// Matrix functions from which the derivative of the projection onto PSD is made. Their rules are written in terms of
/// each other, so that derivatives of every order follow; equal eigenvalues need no special case.
extension Variable {
    /// |X| of a symmetric X without an eigenvalue of 0: the symmetric matrix whose eigenvalues are the magnitudes of
    /// X's.
    ///
    /// The rule: |X|^2 = X^2, so that |X| D + D |X| = X E + E X for a change E of X and D of |X| (Higham 2008, section
    /// 5.1).
    func spectralMagnitude(_ operation: String) throws -> Variable {
        let (values, vectors) = try value.eigh(for: operation)
        let columns = Variable(vectors)
        let result = try (columns * Variable(values).abs()).matmul(columns.transposed()).value
        return try .recorded(operation, [self], result, keeps: [.inputs, .outputs]) { call in
            let x = call.inputs[0]
            let solution = try call.outputs[0].lyapunov(call.cotangent, operation)
            return [try (solution.matmul(x) + x.matmul(solution)).symmetricPart()]
        }
    }

    /// The symmetric W with A W + W A = C for positive definite A (self) and the symmetric part of C.
    func lyapunov(_ right: Variable, _ operation: String) throws -> Variable {
        let right = try right.symmetricPart()
        let (values, vectors) = try value.eigh(for: operation)
        let columns = Variable(vectors)
        let n = value.shape[0]
        let sums = try Variable(values).reshape([n, 1]) + Variable(values)
        let turned = try columns.transposed().matmul(Variable(right.value)).matmul(columns) / sums
        let result = try columns.matmul(turned).matmul(columns.transposed()).value
        return try .recorded(operation, [self, right], result, keeps: [.inputs, .outputs]) { call in
            let back = try call.inputs[0].lyapunov(call.cotangent, operation)
            let solution = call.outputs[0]
            return [
                call.wanted[0] ? try -(back.matmul(solution) + solution.matmul(back)).symmetricPart() : nil,
                call.wanted[1] ? back : nil,
            ]
        }
    }

    private func symmetricPart() throws -> Variable { try (self + transposed()) / 2 }
}
