import Autodiff
import Scripting
import Tensors

// Helpers for transforms of (rows, event...).

extension Variable {
    /// The sum over all axes but the first: one number for each row.
    func sumOfRows() throws -> Variable { shape.count == 1 ? self : try sum(Array(1..<shape.count)) }

    /// Converted to the dtype in which it and `other` are computed together.
    func together(with other: Variable) throws -> Variable {
        let wanted = dtype.promoted(with: other.dtype).computing
        return wanted == dtype ? self : try converted(to: wanted)
    }

    /// log(1 - tanh(x)^2), the log slope of tanh, accurate also where tanh(x) rounds to 1.
    func logTanhSlope() throws -> Variable {
        let twice = try self * 2
        return try 2 * Double.log(2) - twice.softplus() - (-twice).softplus()
    }
}

/// x <= y; false for NaN.
struct AtMost: Comparison {
    func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x <= y }
}

/// Checks of the numbers that a transform is given.
enum Demand {
    /// - Throws: ``ScriptError`` for numbers where `room` is not above 0; `room` has the shape of x. NaN passes.
    static func inside(_ x: Variable, room: Variable, _ expected: String, _ operation: String) throws {
        let outside = try room.value.compare(Tensor(0, room.dtype), AtMost(), for: operation)
        guard try outside.sum(Array(outside.shape.indices)).item() > 0 else { return }
        let place = try outside.cast(.float64).toArray().firstIndex(of: 1) ?? 0
        let number = try x.value.cast(.float64).toArray()[place]
        throw ScriptError(
            operation, "\(shown(number)) at element \(place + 1) of \(Shape.describe(x.shape)): \(expected)")
    }

    /// - Throws: ``ScriptError`` for parameters that hold NaN or infinity.
    static func finite(_ parameters: [(name: String, value: Variable)], _ operation: String) throws {
        for (name, value) in parameters where try !value.value.isFinite() {
            let numbers = try value.value.cast(.float64).toArray()
            let place = numbers.firstIndex { !$0.isFinite } ?? 0
            throw ScriptError(
                operation,
                "the parameter \(name) holds \(shown(numbers[place])) at element \(place + 1): no finite number")
        }
    }

    /// - Throws: ``ScriptError`` unless the first dimension of the events of x has n entries.
    static func channels(_ x: Variable, _ n: Int, _ operation: String) throws {
        guard x.shape.count >= 2, x.shape[1] == n else {
            throw ScriptError(
                operation, "x of shape \(Shape.describe(x.shape)): (rows, \(n)) or (rows, \(n), H, W) expected")
        }
    }

    /// - Throws: ``Fault`` unless an event's first dimension has n entries.
    static func channels(of event: [Int], _ n: Int, _ name: String) throws -> [Int] {
        guard event.first == n else {
            throw Fault("\(name) takes (\(n)) or (\(n), H, W), not \(Shape.describe(event))")
        }
        return event
    }

    /// - Throws: ``Fault`` unless an event is a vector of n numbers.
    static func vector(_ event: [Int], _ n: Int, _ name: String) throws -> [Int] {
        guard event == [n] else { throw Fault("\(name) takes (\(n)), not \(Shape.describe(event))") }
        return event
    }

    /// - Throws: ``ScriptError`` unless x has rows of n numbers.
    static func vectors(_ x: Variable, _ n: Int, _ operation: String) throws {
        guard x.shape.count == 2, x.shape[1] == n else {
            throw ScriptError(operation, "x of shape \(Shape.describe(x.shape)): (rows, \(n)) expected")
        }
    }
}

/// Linear maps of the first dimension of an event: of a vector, or of the channels at each place of an image.
enum Channels {
    /// How many places share the map: 1 for vectors, H W for images.
    static func places(_ x: Variable) -> Int { x.shape.dropFirst(2).reduce(1, *) }

    /// Applies f to all places of all rows, arranged as the columns of one matrix (n, rows * places).
    static func mapped(_ x: Variable, _ f: (Variable) throws -> Variable) throws -> Variable {
        guard x.value.count > 0 else { return x }
        let (rows, n, places) = (x.shape[0], x.shape[1], places(x))
        let columns = try x.reshape([rows, n, places]).permute([1, 0, 2]).reshape([n, rows * places])
        return try f(columns).reshape([n, rows, places]).permute([1, 0, 2]).reshape(x.shape)
    }
}

/// A transform of every number by itself, without parameters. A new one implements the two maps below.
protocol ElementwiseTransform: CataloguedTransform {
    /// z, and log dz/dx at every element.
    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable)
    /// x, and log dx/dz at every element.
    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable)
}

extension ElementwiseTransform {
    public var parameters: [(name: String, value: Variable)] { [] }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (z, logSlope) = try image(x)
        return (z, try logSlope.sumOfRows())
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (x, logSlope) = try preimage(z)
        return (x, try logSlope.sumOfRows())
    }
}
