import Autodiff
import Scripting
import Tensors

/// Rows that the loss is computed for but that are not trained on.
struct Validation {
    let data: TrainingData
    /// The indices of the rows in `data`, from 0.
    let rows: [Int]
    /// The state from which dequantisation noise is drawn: the same at every validation, so that losses can be
    /// compared.
    let noise: Generator.State

    /// The mean loss, in nats. Every rank computes its part of each batch.
    func loss(of trainee: Trainee, _ ranks: any Communicator, for operation: String) throws -> Double {
        let generator = Generator(seed: 0)
        generator.restore(noise)
        let own = try ranks.sharingErrors(for: operation) {
            try sum(of: trainee, ranks, generator, for: operation)
        }
        guard ranks.size > 1 else { return own / Double(rows.count) }
        let total = try ranks.allreduce([Tensor(own, .float64)], .sum, for: "\(operation), validation")
        return try total[0].item() / Double(rows.count)
    }

    private func sum(
        of trainee: Trainee, _ ranks: any Communicator, _ generator: Generator, for operation: String
    ) throws -> Double {
        try GradMode.$isEnabled.withValue(false) {
            var sum = 0.0
            for start in stride(from: 0, to: rows.count, by: data.batchSize) {
                let places = Array(rows[start..<min(start + data.batchSize, rows.count)])
                var batch = try data.batch(places, noise: generator, for: operation)
                if ranks.size > 1 {
                    let part = ranks.part(of: places.count)
                    if part.isEmpty { continue }
                    batch = try batch.rows(part)
                }
                sum += try trainee.losses(batch, generator).value.toArray().reduce(0, +)
            }
            return sum
        }
    }
}

/// The option `validation`: a share of the rows, or separate rows.
enum ValidationWish {
    case fraction(Double)
    case rows(Tensor, context: Tensor?)
}

extension Domain<ValidationWish> {
    static var validation: Domain {
        let tensor = ScriptType.object(Variable.type.name)
        return Domain(
            .either([.number, tensor, .list(tensor)]),
            expected: "a fraction between 0 and 1, a tensor of rows, or {rows, context}", show: { _ in "x" }
        ) { value in
            if let number = value.asNumber {
                guard number > 0, number < 1 else {
                    throw Fault("a fraction between 0 and 1 expected, got \(shown(number))")
                }
                return .fraction(number)
            }
            switch value {
            case .object(let object as Variable): return .rows(object.value, context: nil)
            case .table(let table):
                guard case .object(let rows as Variable) = try table.value(at: 1),
                    case .object(let context as Variable) = try table.value(at: 2), try table.count == 2
                else { return nil }
                return .rows(rows.value, context: context.value)
            default: return nil
            }
        }
    }
}
