import Autodiff
import Scripting
import Tensors

/// z_i = x_order(i): the entries of the first dimension of an event in another order. As
/// zuko.transforms.PermutationTransform. log |det| = 0.
public struct Permute: CataloguedTransform {
    public static let name = "Permute"
    /// Positions from 0, as files hold them.
    public let order: [Int]
    private let orderTensor: Variable
    /// Positions from 1, as ``Variable/indexSelect(_:_:for:)`` takes them.
    private let forward: Variable
    private let backward: Variable

    /// - Parameter order: every number from 0 to n - 1 once.
    public init(order: [Int]) throws {
        let n = order.count
        guard n > 0, Set(order) == Set(0..<n) else {
            throw Fault("order", "\(order.map { $0 + 1 }) has not every number from 1 to \(n) once")
        }
        self.order = order
        var back = order
        for (place, source) in order.enumerated() { back[source] = place }
        func positions(_ list: [Int], _ first: Int) throws -> Variable {
            Variable(try Tensor(integers: list.map { $0 + first }, shape: [n]))
        }
        (orderTensor, forward, backward) = (try positions(order, 0), try positions(order, 1), try positions(back, 1))
    }

    public var recipe: Recipe { .call("flow.Permute", [.integers(order.map { $0 + 1 })]) }
    public var parameters: [(name: String, value: Variable)] { [] }
    public var buffers: [(name: String, value: Variable)] { [("order", orderTensor)] }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.channels(of: event, order.count, "flow.Permute")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        try Demand.channels(x, order.count, "flow.Permute")
        return (try x.indexSelect(1, forward), try x.constant(0))
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        try Demand.channels(z, order.count, "flow.Permute")
        return (try z.indexSelect(1, backward), try z.constant(0))
    }
}

extension Permute {
    public static let declaration = Declaration(
        "flow.Permute",
        """
        Takes the features, or the channels of images, in another order: feature i of z is feature order[i] of x. \
        log |det| is 0.
        """,
        takes: .argument("order", .positions, "every number from 1 to n once; random.permutation(n) is one"),
        returns: .transform,
        errors: "an order that leaves one out or has one twice; when called, another number of features",
        source: "zuko.transforms.PermutationTransform",
        example: """
            local z = flow.Permute{3, 1, 2}:to_latent(tensor{10, 20, 30})
            assert(z[{1}] == 30 and z[{2}] == 10)
            """,
        see: ["flow.Reverse"]
    ) { order in
        let shownOrder = order.prefix(8).map { "\($0)" }.joined(separator: ", ") + (order.count > 8 ? ", ..." : "")
        return TransformObject(
            try Permute(order: order.map { $0 - 1 }), description: "flow.Permute{\(shownOrder)}")
    }

    public static let examples = [
        TransformExample("Permute", [], points: .init([3, 4]), extremes: .both) { _ in
            try Permute(order: [2, 0, 3, 1])
        },
        TransformExample("Permute of channels", [], points: .init([2, 3, 1, 2])) { _ in try Permute(order: [2, 0, 1]) },
    ]
}

/// `flow.Reverse(n)`: the order from the last to the first.
public enum Reverse: CatalogueEntry {
    public static let name = "Reverse"

    public static let declaration = Declaration(
        "flow.Reverse", "Takes the n features, or the channels of images, from the last to the first. log |det| is 0.",
        takes: .argument("n", .size(from: 1)), returns: .transform, errors: "when called, another number of features",
        source: "zuko.transforms.PermutationTransform",
        example: "assert(flow.Reverse(3):to_latent(tensor{10, 20, 30})[{1}] == 30)", see: ["flow.Permute"]
    ) { n in TransformObject(try Permute(order: (0..<n).reversed()), description: "flow.Reverse(\(n))") }

    public static let examples = [
        TransformExample("Reverse", [], points: .init([3, 4]), extremes: .both) { _ in
            try Permute(order: (0..<4).reversed())
        }
    ]
}

extension Domain<[Int]> {
    /// Positions from 1, in a tensor of whole numbers or a table.
    static var positions: Domain {
        let expected = "a vector of whole numbers from 1"
        return Domain<[Double]>.flatNumbers.map(expected: expected, show: { _ in "order" }) { numbers in
            try numbers.map { number in
                guard let position = Int(exactly: number), position >= 1, position <= numbers.count else {
                    throw Fault("\(shown(number)) in it; whole numbers from 1 to \(numbers.count) expected, each once")
                }
                return position
            }
        }
    }
}
