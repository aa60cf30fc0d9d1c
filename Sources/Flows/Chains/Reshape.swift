import Autodiff
import Scripting
import Tensors

/// Reshapes the event; log |det| = 0.
public struct Reshape: CataloguedTransform {
    public static let name = "Reshape"
    /// The event's shape on the side of the data.
    public let from: [Int]
    /// The event's shape on the side of the noise.
    public let to: [Int]

    /// - Throws: ``Fault`` for shapes of different numbers of elements.
    public init(from: [Int], to: [Int]) throws {
        let (a, b) = (try Shape.count(from, for: "flow.Reshape"), try Shape.count(to, for: "flow.Reshape"))
        guard a == b, a > 0 else {
            throw Fault(
                "\(Shape.describe(from)) has \(a) numbers, \(Shape.describe(to)) \(b): as many, at least one, expected")
        }
        (self.from, self.to) = (from, to)
    }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        (try x.reshape([x.shape[0]] + latentShape(of: Array(x.shape.dropFirst()))), try x.constant(0))
    }
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        (try z.reshape([z.shape[0]] + dataShape(of: Array(z.shape.dropFirst()))), try z.constant(0))
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        guard event == from else {
            throw Fault("flow.Reshape takes \(Shape.describe(from)), not \(Shape.describe(event))")
        }
        return to
    }
    public func dataShape(of event: [Int]) throws -> [Int] {
        guard event == to else { throw Fault("flow.Reshape makes \(Shape.describe(to)), not \(Shape.describe(event))") }
        return from
    }
    public var fixedDataShape: [Int]? { from }

    public var parameters: [(name: String, value: Variable)] { [] }
    public var recipe: Recipe { .call("flow.Reshape", [.integers(from), .integers(to)]) }
}

extension Reshape {
    public static let declaration = Declaration(
        "flow.Reshape", "The same numbers in another shape, row by row: flow.Reshape({1, 28, 28}, {784}).",
        takes: .argument("from", .shape, "of the data, without the batch"), .argument("to", .shape),
        returns: .transform, errors: "shapes of different numbers of elements; when used, data of another shape",
        source: "torch.distributions.ReshapeTransform",
        example: "assert(flow.Reshape({2, 3}, {6}):to_latent(tensor.ones(5, 2, 3)).shape[2] == 6)"
    ) { from, to in
        let reshape = try Reshape(from: from, to: to)
        func text(_ shape: [Int]) -> String { "{\(shape.map { "\($0)" }.joined(separator: ", "))}" }
        return TransformObject(reshape, description: "flow.Reshape(\(text(from)), \(text(to)))")
    }

    public static let examples = [
        TransformExample("Reshape", [], points: .init([2, 2, 3])) { _ in try Reshape(from: [2, 3], to: [6]) }
    ]
}
