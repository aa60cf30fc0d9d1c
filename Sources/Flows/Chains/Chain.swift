import Autodiff
import Scripting
import Tensors

/// Transforms applied one after the other, as one transform.
public struct Chain: CataloguedTransform {
    public static let name = "Chain"
    let sequence: TransformSequence
    private let event: [Int]?
    public let depth: Int

    /// - Parameter event: the shape of the data; needed for a ``Split`` when no other part fixes the shape.
    /// - Throws: ``Fault`` when a part does not take what the one before gives, or parts expect different contexts; and
    ///   when they are nested too deeply.
    public init(_ parts: [any FlowTransform], event: [Int]? = nil) throws {
        depth = try nestedDepth(of: parts)
        sequence = TransformSequence(parts, event: event)
        self.event = event
        try sequence.checkContexts()
        if let event = sequence.dataEvent { _ = try sequence.plan(event) }
    }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        if let fixed = fixedDataShape { try Chain.demand(x, fixed) }
        return try sequence.toLatent(x, context: context)
    }
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        try sequence.toData(z, context: context)
    }

    static func demand(_ x: Variable, _ event: [Int]) throws {
        guard Array(x.shape.dropFirst()) == event else {
            throw ScriptError(
                "flow.Chain",
                "x of shape \(Shape.describe(x.shape)); \(Shape.describe([x.shape.first ?? 0] + event)) expected")
        }
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        if let fixed = fixedDataShape, fixed != event {
            throw Fault("data of shape \(Shape.describe(event)); \(Shape.describe(fixed)) expected")
        }
        return try sequence.plan(event).latent
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try sequence.dataShape(of: event) }
    public var fixedDataShape: [Int]? { sequence.dataEvent }

    public var parameters: [(name: String, value: Variable)] {
        sequence.parts.enumerated().flatMap { index, part in part.parameters.map { ("\(index).\($0.name)", $0.value) } }
    }
    public var buffers: [(name: String, value: Variable)] {
        sequence.parts.enumerated().flatMap { index, part in part.buffers.map { ("\(index).\($0.name)", $0.value) } }
    }
    public var drawingType: DType { sequence.parts.reduce(.float32) { $0.promoted(with: $1.drawingType) } }
    public var contextSize: Int? { sequence.contextSize }
    public var accuracy: MapAccuracy { .joint(sequence.parts) }
    public var takesAnyContext: Bool { sequence.takesAnyContext }
    public var heldValues: [Value] { sequence.parts.flatMap(\.heldValues) }
    public var recipe: Recipe {
        get throws {
            let parts = try sequence.parts.enumerated().map { Recipe.Field("\($0 + 1)", try $1.recipe) }
            let shape = event.map { [Recipe.Field("shape", .integers($0))] } ?? []
            return .call("flow.Chain", [.table(parts + shape)])
        }
    }
}

extension Chain {
    public static let declaration = Declaration(
        "flow.Chain",
        """
        Transforms one after the other, in the order from data to noise, as one transform; its parameters are named \
        0.NAME, 1.NAME. With a flow.Split in it, give the data's shape.
        """,
        by: .table, takes: .rest("transforms", .transform),
        .option("shape", .optional(.shape), default: nil, "of the data, without the batch: {1, 28, 28}"),
        returns: .transform,
        errors: """
            transforms that do not follow each other (the message counts them), or that expect different contexts; \
            more than 64 levels
            """,
        source: "torch.distributions.ComposeTransform",
        example: """
            local t = flow.Chain{flow.Scaling{0, 1}, flow.Scaling{1, 1}}
            local z, log_det = t:to_latent(tensor{1, 1})
            assert(math.abs(log_det:item() - 3) < 1e-6)
            """,
        see: ["flow.Flow", "flow.Split"]
    ) { parts, shape in
        TransformObject(
            try Chain(parts.map(\.transform), event: shape),
            description: "flow.Chain{\(parts.map(\.description).joined(separator: ", "))}")
    }

    public static let examples = [
        TransformExample(
            "Chain{Scaling, Inverse(Scaling)}", [.init([1, 3], -1...1), .init([1, 3], -1...1)], points: .init([2, 3])
        ) {
            try Chain([Scaling(logScale: $0[0]), Inverse(Scaling(logScale: $0[1]))])
        },
        TransformExample(
            "Chain of scales: squeeze, split, scaling", [.init([1, 4], -1...1)], points: .init([2, 1, 4, 4])
        ) {
            try Chain(
                [
                    Squeeze(), Split(), Squeeze(), Split(), Reshape(from: [4, 1, 1], to: [4]), Scaling(logScale: $0[0]),
                ], event: [1, 4, 4])
        },
        TransformExample("Chain that knows its shape by a Reshape", [.init([1, 1], -1...1)], points: .init([2, 4])) {
            try Chain([
                Reshape(from: [4], to: [4, 1, 1]), Split(), Split(), Reshape(from: [1, 1, 1], to: [1]),
                Scaling(logScale: $0[0]),
            ])
        },
    ]
}
