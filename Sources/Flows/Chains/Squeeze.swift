import Autodiff
import Scripting
import Tensors

/// (C, H, W) becomes (4 C, H / 2, W / 2): each 2 by 2 block of a channel becomes four channels, row by row. Real NVP,
/// section 3.6, in the order of the usual PyTorch code.
public struct Squeeze: CataloguedTransform {
    public static let name = "Squeeze"

    public init() {}

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let event = Array(x.shape.dropFirst())
        let (rows, to) = (x.shape[0], try latentShape(of: event))
        let blocks = try x.reshape([rows, event[0], to[1], 2, to[2], 2]).permute([0, 1, 3, 5, 2, 4])
        return (try blocks.reshape([rows] + to), try x.constant(0))
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let event = Array(z.shape.dropFirst())
        let (rows, to) = (z.shape[0], try dataShape(of: event))
        let blocks = try z.reshape([rows, to[0], 2, 2, event[1], event[2]]).permute([0, 1, 4, 2, 5, 3])
        return (try blocks.reshape([rows] + to), try z.constant(0))
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        guard event.count == 3, event[1] % 2 == 0, event[2] % 2 == 0 else {
            throw Fault("flow.Squeeze takes images (C, H, W) of even height and width, not \(Shape.describe(event))")
        }
        return [try Squeeze.product(event[0], 4, event), event[1] / 2, event[2] / 2]
    }
    public func dataShape(of event: [Int]) throws -> [Int] {
        guard event.count == 3, event[0] % 4 == 0 else {
            throw Fault("flow.Squeeze makes images of 4 C channels, not \(Shape.describe(event))")
        }
        return [event[0] / 4, try Squeeze.product(event[1], 2, event), try Squeeze.product(event[2], 2, event)]
    }

    private static func product(_ extent: Int, _ factor: Int, _ event: [Int]) throws -> Int {
        let (product, overflow) = extent.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw Fault("flow.Squeeze: an image of shape \(Shape.describe(event)) is too large") }
        return product
    }

    public var parameters: [(name: String, value: Variable)] { [] }
    public var recipe: Recipe { .call("flow.Squeeze", []) }
}

extension Squeeze {
    public static let declaration = Declaration(
        "flow.Squeeze",
        """
        Images (C, H, W) become (4 C, H / 2, W / 2): of each 2 by 2 block, four channels, row by row. The \
        log-determinant is 0.
        """,
        takes: .context, returns: .transform, errors: "when used, data that is no image of even height and width",
        source: "Dinh, Sohl-Dickstein, Bengio, ICLR 2017, section 3.6",
        example: """
            local z = flow.Squeeze():to_latent(tensor({{{1, 2}, {3, 4}}}))
            assert(z.shape[1] == 4 and z[{4, 1, 1}] == 4)
            """
    ) { _ in TransformObject(Squeeze(), description: "flow.Squeeze()") }

    public static let examples = [
        TransformExample("Squeeze", [], points: .init([2, 2, 2, 4])) { _ in Squeeze() }
    ]
}
