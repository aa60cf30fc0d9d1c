import Tensors

/// ``LBFGS/Progress`` as named tensors, with PyTorch's names.
enum LBFGSState {
    static func write(_ progress: LBFGS.Progress, lr: Double, _ packing: Packing) throws -> [(
        name: String, value: Tensor
    )] {
        func number(_ name: String, _ value: Double) throws -> (name: String, value: Tensor) {
            (name, try Tensor(value, .float64))
        }
        var state = [(name: "lr", value: try Tensor([lr], shape: [1], .float64))]
        guard let last = progress.last else { return state }
        let pairs = progress.history.pairs
        func rows(_ vectors: [Tensor]) throws -> Tensor {
            let matrix = try Tensor.zeros([vectors.count, packing.count], packing.dtype)
            for (row, vector) in vectors.enumerated() { try matrix.select(0, row).write(vector) }
            return matrix
        }
        state += [
            try number("n_iter", Double(progress.iterations)), try number("func_evals", Double(progress.evaluations)),
            (name: "d", value: try last.direction.copy()), try number("t", last.t),
            (name: "prev_flat_grad", value: try last.gradient.copy()), try number("prev_loss", last.loss),
            (name: "old_dirs", value: try rows(pairs.map(\.y))), (name: "old_stps", value: try rows(pairs.map(\.s))),
            (name: "ro", value: try Tensor(pairs.map(\.rho), shape: [pairs.count], .float64)),
            try number("H_diag", progress.history.scale),
        ]
        return state
    }

    static func read(_ reader: inout StateReader, _ packing: Packing, capacity: Int) throws -> LBFGS.Progress {
        guard reader.has("d") || reader.has("n_iter") else {
            return LBFGS.Progress(history: CurvatureHistory(capacity: capacity))
        }
        let count = packing.count
        let rho = try reader.tensor("ro", [nil], .float64).toArray()
        let y = try reader.tensor("old_dirs", [rho.count, count], packing.dtype)
        let s = try reader.tensor("old_stps", [rho.count, count], packing.dtype)
        let pairs = try rho.indices.map {
            CurvatureHistory.Pair(y: try y.select(0, $0), s: try s.select(0, $0), rho: rho[$0])
        }
        return LBFGS.Progress(
            iterations: try reader.whole("n_iter", from: 1), evaluations: try reader.whole("func_evals", from: 1),
            history: CurvatureHistory(capacity: capacity, pairs: pairs, scale: try reader.number("H_diag")),
            last: (
                try reader.tensor("d", [count], packing.dtype), try reader.number("t"),
                try reader.tensor("prev_flat_grad", [count], packing.dtype), try reader.number("prev_loss")
            ))
    }
}
