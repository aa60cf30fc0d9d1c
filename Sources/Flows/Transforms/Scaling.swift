import Autodiff
import Scripting
import Tensors

/// NICE's diagonal scaling (section 3.3): z = x exp(s), log |det| = sum of s.
public struct Scaling: CataloguedTransform {
    public static let name = "Scaling"
    /// s, of shape (1, D).
    public let logScale: Variable
    /// Whether it was made of plain numbers: these take the dtype of the data.
    public let isOfNumbers: Bool

    /// `isOfNumbers`: whether a script gave a table of numbers, no tensor.
    public init(logScale: Variable, isOfNumbers: Bool = false) {
        (self.logScale, self.isOfNumbers) = (logScale, isOfNumbers)
    }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let logScale = try fitting(x)
        return (try x * logScale.exp(), try logScale.sum())
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let logScale = try fitting(z)
        return (try z * (-logScale).exp(), try -logScale.sum())
    }

    /// The scales in x's dtype. Checked here, as a single scale would broadcast over all columns but count once in log
    /// |det|.
    private func fitting(_ x: Variable) throws -> Variable {
        guard x.shape.count == 2, logScale.shape.last == x.shape.last else {
            throw ScriptError(
                "flow.Scaling",
                "\(logScale.shape.last ?? 0) scales for x of shape \(Shape.describe(x.shape)): one for each column "
                    + "expected"
            )
        }
        let wanted = isOfNumbers ? x.dtype.computing : logScale.dtype.promoted(with: x.dtype)
        return wanted == logScale.dtype ? logScale : try logScale.converted(to: wanted)
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        guard event == Array(logScale.shape.suffix(1)) else {
            throw Fault(
                "flow.Scaling has \(logScale.shape.last ?? 0) scales for data of shape \(Shape.describe(event)): one "
                    + "for each column expected"
            )
        }
        return event
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public var drawingType: DType { isOfNumbers ? .float32 : logScale.dtype.computing }

    public var parameters: [(name: String, value: Variable)] { [("scale", logScale)] }
}

extension Scaling {
    public static let declaration = Declaration(
        "flow.Scaling",
        """
        The diagonal scaling z = x exp(s): log |det| is the sum of s. Training changes s when it requires a gradient.
        """,
        takes: .argument(
            "s", .numbers, "D finite numbers, of shape (D) or (1, D); numbers in a table take the type of x"),
        returns: .transform,
        errors: "s that is not finite or no vector",
        source: "Dinh, Krueger, Bengio: NICE, 2015, section 3.3",
        example: """
            local z = flow.Scaling{0, math.log(3)}:to_latent(tensor{1, 1})
            assert(math.abs(z[{2}] - 3) < 1e-6)
            """
    ) { numbers in
        let isOfNumbers = numbers.dtype == nil
        let scale = try numbers.variable(.float64)
        guard let count = scale.shape.last, count > 0, scale.value.count == count else {
            throw Fault("s has shape \(Shape.describe(scale.shape)); (D) or (1, D) expected")
        }
        guard try scale.value.isFinite() else { throw Fault("s holds NaN or infinity") }
        let row = scale.shape.count == 2 ? scale : try scale.reshape([1, count])
        return TransformObject(
            Scaling(logScale: row, isOfNumbers: isOfNumbers), description: "flow.Scaling(\(Shape.describe(row.shape)))")
    }

    public static let examples = [
        TransformExample("Scaling", [.init([1, 3], -1...1)], points: .init([2, 3])) { Scaling(logScale: $0[0]) }
    ]
}
