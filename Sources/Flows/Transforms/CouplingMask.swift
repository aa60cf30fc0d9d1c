import Scripting
import Tensors

/// Which numbers of an event a coupling passes as they are (1) and which it changes (0).
///
/// A mask of one or two dimensions is for vectors, or for images flattened to vectors; one of three, (C, 1, 1) or (C,
/// H, W), for images, whose layout the network keeps.
public struct CouplingMask: Sendable {
    /// One to three dimensions.
    public let shape: [Int]
    /// True where a feature passes unchanged, in row-major order.
    public let flags: [Bool]

    /// - Throws: ``Fault`` for a mask that leaves nothing to pass or nothing to change.
    public init(_ flags: [Bool], shape: [Int]) throws {
        let passing = flags.count { $0 }
        guard passing > 0, passing < flags.count else {
            throw Fault(
                "mask",
                "\(passing) of \(flags.count) features pass as they are; between 1 and \(flags.count - 1) expected")
        }
        (self.flags, self.shape) = (flags, shape)
    }

    /// How many flags there are: one for each number of the event, or for each channel.
    public var count: Int { flags.count }
    var isOfImages: Bool { shape.count >= 3 }
    /// Whether it divides channels: (C, 1, 1).
    var isOfChannels: Bool { isOfImages && shape.dropFirst().allSatisfy { $0 == 1 } }
    var passing: [Int] { flags.indices.filter { flags[$0] } }
    var changed: [Int] { flags.indices.filter { !flags[$0] } }

    /// - Throws: ``ScriptError`` when the events of x do not fit the mask.
    func check(_ x: [Int], _ operation: String) throws {
        let event = Array(x.dropFirst())
        guard isOfImages else {
            guard (1...2).contains(event.count), event.reduce(1, *) == flags.count else {
                throw ScriptError(operation, "x of shape \(Shape.describe(x)): \(flags.count) features expected")
            }
            return
        }
        guard event.count == shape.count, event[0] == shape[0], isOfChannels || event == shape else {
            let expected = isOfChannels ? "(\(shape[0]), H, W)" : Shape.describe(shape)
            throw ScriptError(operation, "x of shape \(Shape.describe(x)): events of shape \(expected) expected")
        }
    }
}

extension Domain<CouplingMask> {
    /// A vector, a matrix or an image of zeros and ones.
    static var couplingMask: Domain {
        let expected = "a tensor or a table of zeros and ones"
        return Domain<Numbers>.numbers.map(expected: expected, show: { _ in "mask" }) { numbers in
            let mask = try numbers.variable(.float64)
            guard (1...3).contains(mask.shape.count) else {
                throw Fault("shape \(Shape.describe(mask.shape)); (D), (C, 1, 1) or (C, H, W) expected")
            }
            let values = try mask.value.cast(.float64).toArray()
            if let other = values.first(where: { $0 != 0 && $0 != 1 }) {
                throw Fault("zeros and ones expected, got \(shown(other)) in it")
            }
            return try CouplingMask(values.map { $0 == 1 }, shape: mask.shape)
        }
    }
}
