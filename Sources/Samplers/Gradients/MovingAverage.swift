import RealModule
import Scripting
import Tensors

/// An exponentially weighted mean of all losses seen before: a baseline that remembers.
///
/// For the losses f_1, f_2, ... in order, draw s gets b_s = Σ_{r<s} d^{s-1-r} f_r / Σ_{r<s} d^{s-1-r}, and b_1 = 0. It never
/// contains its own draw's loss, so the estimator stays unbiased, within a batch and over batches.
package final class MovingAverage: ScriptObject {
    static let type = ObjectType("moving_average")
    /// The mean of about the last 100 losses.
    static let usualDecay = 0.99

    package var scriptType: ObjectType { MovingAverage.type }
    let decay: Double
    /// The baseline of the next draw.
    package private(set) var value = 0.0
    private var weight = 0.0

    package init(decay: Double) { self.decay = decay }

    /// The baseline of each draw; remembers the losses.
    package func follow(_ losses: [Double]) -> [Double] {
        losses.map { loss in
            defer {
                weight = decay * weight + 1
                value += (loss - value) / weight
            }
            return value
        }
    }

    static let constructor = NativeFunction(
        "montecarlo.baselines.moving_average",
        Documentation(
            "montecarlo.baselines.moving_average(decay = 0.99) -> moving_average",
            "A baseline that remembers: b(losses) returns for each loss the weighted mean of all losses before it (0 for the very first), weights falling by the factor decay per loss, and remembers them for the next call. Make one and give it to every step as baseline = b. It never contains a draw's own loss, so gradients stay unbiased. b.value is the next draw's baseline.",
            errors: "a decay outside 0 to 1", source: "Williams, Machine Learning 8 (1992), section 4; Mnih and Gregor, ICML 2014",
            example: "local b = montecarlo.baselines.moving_average(1)\nlocal first = b({2, 4, 9}):tolist()\nassert(first[1] == 0 and first[2] == 2 and first[3] == 3 and b.value == 5)")
    ) { arguments in
        try arguments.atMost(1)
        let decay = try arguments.number(1, "decay", default: usualDecay)
        guard (0...1).contains(decay) else { throw arguments.error(1, "decay", expected: "a number from 0 to 1") }
        return .object(MovingAverage(decay: decay))
    }

    static let face = TypeFace(
        type, "A baseline that remembers the losses it was called with.",
        properties: [
            NativeFunction(
                "moving_average.value",
                Documentation("b.value -> number", "The baseline of the next draw: 0 before the first.", example: "assert(montecarlo.baselines.moving_average(0.9).value == 0)")
            ) { .number(try $0.movingAverage().value) },
            NativeFunction(
                "moving_average.decay",
                Documentation("b.decay -> number", "The factor by which a loss's weight falls with each later loss.", example: "assert(montecarlo.baselines.moving_average(0.9).decay == 0.9)")
            ) { .number(try $0.movingAverage().decay) },
        ],
        operators: [
            .call: NativeFunction(
                "moving_average:call",
                Documentation(
                    "b(losses) -> tensor", "For each loss, the weighted mean of those before it; remembers them.", errors: "no losses; a loss that is infinite or NaN",
                    example: "local b = montecarlo.baselines.moving_average(0)\nassert(b({2, 4}):tolist()[2] == 2 and b({7}):tolist()[1] == 4)")
            ) { arguments in
                try arguments.atMost(2)
                let average = try arguments.movingAverage()
                let losses = try Vectors.read(arguments[2], "losses", for: "moving_average")
                try Vectors.checkFinite(losses, "losses", for: "moving_average")
                return .tensor(try Tensor(average.follow(losses), shape: [losses.count], .float64))
            }
        ])
}

extension Arguments {
    fileprivate func movingAverage() throws -> MovingAverage { try object(1, "self", as: MovingAverage.self, "moving_average") }
}
