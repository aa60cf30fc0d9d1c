import RealModule
import Scripting
import Tensors

/// An exponentially weighted mean of all losses seen before, used as a baseline.
///
/// For the losses f_1, f_2, ... in order, draw s gets b_s = Σ_{r<s} d^{s-1-r} f_r / Σ_{r<s} d^{s-1-r}, and b_1 = 0. It
/// never contains its own draw's loss, so the estimator stays unbiased, within a batch and over batches.
package final class MovingAverage: ScriptObject {
    static let type = ObjectType("moving_average")
    /// The mean of about the last 100 losses.
    static let usualDecay = 0.99

    package var scriptType: ObjectType { MovingAverage.type }
    let decay: Double
    /// The baseline that the next draw gets.
    package private(set) var value = 0.0
    private var weight = 0.0

    package init(decay: Double) { self.decay = decay }

    /// The baseline of each draw; then takes the losses into the average.
    package func follow(_ losses: [Double]) -> [Double] {
        losses.map { loss in
            defer {
                weight = decay * weight + 1
                value += (loss - value) / weight
            }
            return value
        }
    }

    static let declaration = Declaration(
        "montecarlo.baselines.moving_average",
        """
        A baseline that remembers: b(losses) returns for each loss the weighted mean of all losses before it (0 for \
        the very first) and remembers them for the next call. Make one and give it to every step as baseline = b. It \
        never contains a draw's own loss, so gradients stay unbiased. b.value is the next draw's baseline.
        """,
        takes: .argument("decay", .number(from: 0, to: 1), default: usualDecay, "the factor of weights per loss"),
        returns: .object(type),
        source: "Williams, Machine Learning 8 (1992), section 4; Mnih and Gregor, ICML 2014",
        example: """
            local b = montecarlo.baselines.moving_average(1)
            local first = b({2, 4, 9}):tolist()
            assert(first[1] == 0 and first[2] == 2 and first[3] == 3 and b.value == 5)
            """
    ) { decay in MovingAverage(decay: decay) }

    static let binding = TypeBinding(
        type, "A baseline that remembers the losses it was called with.",
        properties: [currentValue, currentDecay].map { NativeFunction($0) }, operators: [.call: NativeFunction(call)])

    private static let receiver = Parameter<MovingAverage>.argument("b", .object(type))

    private static let currentValue = Declaration(
        "moving_average.value", "The baseline of the next draw: 0 before the first.",
        called: .property, takes: receiver, returns: .number,
        example: "assert(montecarlo.baselines.moving_average(0.9).value == 0)"
    ) { average in average.value }

    private static let currentDecay = Declaration(
        "moving_average.decay", "The factor by which a loss's weight falls with each later loss.",
        called: .property, takes: receiver, returns: .number,
        example: "assert(montecarlo.baselines.moving_average(0.9).decay == 0.9)"
    ) { average in average.decay }

    private static let call = Declaration(
        "moving_average:call", "For each loss, the weighted mean of those before it; remembers them.",
        called: .symbol("b(losses)"),
        takes: receiver, .argument("losses", .vector(atLeast: 1, finite: true)),
        returns: .plainTensor,
        example: """
            local b = montecarlo.baselines.moving_average(0)
            assert(b({2, 4}):tolist()[2] == 2 and b({7}):tolist()[1] == 4)
            """
    ) { average, losses in try Tensor(average.follow(losses), shape: [losses.count], .float64) }
}
