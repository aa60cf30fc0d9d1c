import Autodiff
import Scripting
import Tensors

/// `nn.cross_entropy` and `nn.mse_loss`.
enum LossFunctions {
    static let all = [crossEntropy, meanSquare]

    enum Reduction: String, CaseIterable, Sendable {
        case mean, sum, none

        func callAsFunction(_ losses: Variable) throws -> Variable {
            switch self {
            case .mean: try losses.mean()
            case .sum: try losses.sum()
            case .none: losses
            }
        }
    }

    private static let reduction = Parameter<Reduction>.option("reduction", .choice(), default: .mean)

    private static let crossEntropy = Declaration(
        "nn.cross_entropy",
        """
        $-\\log$ of the probability that softmax gives to the right class, in nats: logits (B, C), target (B) of \
        classes counted from 1 (or (C) and a 0-d target).
        """,
        takes: .argument("logits", .tensor, "(B, C) or (C)"), .argument("target", .tensor, "int64 classes from 1 to C"),
        reduction, returns: .tensor, errors: "a target of another shape, or a class outside 1 to C",
        source: "torch.nn.functional.cross_entropy, whose classes count from 0",
        example: """
            local loss = nn.cross_entropy(tensor{{0, 0}, {0, 0}}, tensor({1, 2}, {dtype = "int64"}))
            assert(math.abs(loss:item() - math.log(2)) < 1e-6)
            """
    ) { logits, target, reduction in
        guard (1...2).contains(logits.shape.count), let classes = logits.shape.last, classes > 0 else {
            throw Fault("logits", "shape \(Shape.describe(logits.shape)); (B, C) or (C) expected")
        }
        guard target.shape == Array(logits.shape.dropLast()) else {
            throw Fault(
                "target",
                "shape \(Shape.describe(target.shape)); \(Shape.describe(Array(logits.shape.dropLast()))) expected")
        }
        let axis = logits.shape.count - 1
        let positions = try target.detached().reshape(target.shape + [1])
        let chosen = try logits.logSoftmax(axis).gather(axis, positions, for: "nn.cross_entropy")
        return try reduction(-chosen.reshape(target.shape))
    }

    private static let meanSquare = Declaration(
        "nn.mse_loss", "The mean of (input - target)^2 over all elements.",
        takes: .argument("input", .tensor), .argument("target", .tensor, "of the same shape"), reduction,
        returns: .tensor, errors: "different shapes, which would broadcast unseen",
        source: "torch.nn.functional.mse_loss",
        example: "assert(nn.mse_loss(tensor{1, 2}, tensor{1, 4}):item() == 2)"
    ) { input, target, reduction in
        guard input.shape == target.shape else {
            let (input, target) = (Shape.describe(input.shape), Shape.describe(target.shape))
            throw Fault("input has shape \(input), target \(target): the same expected")
        }
        let difference = try input - target
        return try reduction(difference * difference)
    }
}
