import Autodiff
import Distributions
import Scripting
import Tensors

// Domains of the arguments of samplers and estimators, beside vectors of numbers.

extension Domain<any ParametricDistribution> {
    /// A distribution, or a table of functions.
    static var distribution: Domain {
        Domain(
            .either([.object(DistributionObject.type.name), .object("flow"), .table]),
            expected: "a distribution or a table {sample = function, log_prob = function}", show: { $0.description }
        ) { value in
            switch value {
            case .object(let object as any HoldsDistribution):
                return LibraryDistribution(distribution: try object.distribution)
            case .table(let table): return try TableDistribution.options.read(table, over: TableDistribution())
            default: return nil
            }
        }
    }
}

/// Numbers, one per sample, or a function of the samples that returns them.
enum PerSample {
    case numbers([Double])
    case function(any ScriptFunction)
}

extension Domain<PerSample> {
    static var perSample: Domain {
        let vector = Domain<[Double]>.vector
        return Domain(
            .either(vector.type.choices + [.function]), expected: vector.expected, show: { _ in "numbers" }
        ) { value in
            if case .function(let function) = value { return .function(function) }
            return try vector.read(value).map { .numbers($0) }
        }
    }
}

/// Samples, or how many are to be drawn.
enum Batch {
    case given(Variable)
    case count(Int)
}

extension Domain<Batch> {
    static var batch: Domain {
        let count = Domain<Int>.integer(from: 1, to: 1 << 40)
        return Domain(
            .either([.object(Variable.type.name), .integer]),
            expected: "a tensor, or with a proposal the number of samples to draw,", show: { _ in "samples" }
        ) { value in
            switch value {
            case .object(let object as Variable): return .given(object)
            case .integer, .number:
                guard let number = try count.read(value) else {
                    throw Fault("\(count.expected) expected, got \(value.shown)")
                }
                return .count(number)
            default: return nil
            }
        }
    }
}

extension Domain<Baseline> {
    /// A name, a number, a moving average or a function of the losses.
    static var baseline: Domain {
        let names = "one of \(Baseline.names.joined(separator: ", "))"
        return Domain(
            .either([.choice(Baseline.names), .number, .object(MovingAverage.type.name), .function]),
            expected: "\(names), a number, a moving average or a function of the losses", show: { _ in "\"none\"" }
        ) { value in
            switch value {
            case .integer, .number:
                guard let number = value.asNumber, number.isFinite else {
                    throw Fault("a finite number expected, got \(value.shown)")
                }
                return .constant(number)
            case .string(let given):
                guard let name = Baseline.names.first(where: { ByteString($0) == given }) else {
                    throw Fault(
                        "\(names) expected, got \(given.quoted())" + suggestion(for: given.text, among: Baseline.names))
                }
                return Baseline(named: name)
            case .object(let object as MovingAverage): return .moving(object)
            case .function(let function): return .script(function)
            default: return nil
            }
        }
    }
}
