import Autodiff
import Scripting
import Tensors

/// A point or a batch as scripts give it, converted to the rows that flows take.
///
/// (D) and (H, W) are one point; (B, D) and (B, H, W) a batch. A matrix whose second extent is D is a batch of rows.
/// Flows of images take (C, H, W) and (B, C, H, W) besides.
struct Batch {
    let rows: Variable
    /// The shape the script gave.
    let shape: [Int]
    let isBatch: Bool
    private let event: [Int]

    /// - Parameter event: the shape of one point.
    /// - Throws: ``Fault`` for a shape that does not have as many numbers per row.
    init(_ x: Variable, _ name: String, event: [Int]) throws {
        (shape, self.event) = (x.shape, event)
        let dimension = try Shape.count(event, for: "flow")
        func size(_ extents: some Sequence<Int>) -> Int? {
            var product = 1
            for extent in extents {
                let (next, overflow) = product.multipliedReportingOverflow(by: extent)
                if overflow { return nil }
                product = next
            }
            return product
        }
        if shape == event {
            isBatch = false
        } else if shape.count >= 1, Array(shape.dropFirst()) == event {
            isBatch = true
        } else if shape.count >= 2, shape.count <= 3, size(shape.dropFirst()) == dimension {
            isBatch = true
        } else if shape.count >= 1, shape.count <= 2, size(shape) == dimension {
            isBatch = false
        } else {
            let one = event.count == 1 ? "(\(dimension))" : "\(Shape.describe(event)), (\(dimension))"
            let shapes = "\(one), (H, W) with H W = \(dimension), or a batch of either"
            throw Fault("\(name) has shape \(Shape.describe(shape)); this flow takes \(shapes)")
        }
        rows = try x.reshape([isBatch ? shape[0] : 1] + event)
    }

    init(_ x: Variable, _ name: String, dimension: Int) throws { try self.init(x, name, event: [dimension]) }

    /// Points as a transform takes them: of its own shape where it has one; else (D) and (C, H, W) are one point, (B,
    /// D) and (B, C, H, W) a batch.
    init(_ x: Variable, _ name: String, of fixed: [Int]?) throws {
        let shape = x.shape
        if let fixed {
            guard shape == fixed || (!shape.isEmpty && Array(shape.dropFirst()) == fixed) else {
                let (one, batch) = (Shape.describe(fixed), "(B, " + Shape.describe(fixed).dropFirst())
                throw Fault("\(name) has shape \(Shape.describe(shape)); \(one) or \(batch) expected")
            }
            try self.init(x, name, event: fixed)
            return
        }
        guard (1...4).contains(shape.count), shape.dropFirst(shape.count % 2 == 0 ? 1 : 0).allSatisfy({ $0 > 0 }) else {
            throw Fault(
                "\(name) has shape \(Shape.describe(shape)); (D) or (B, D) expected, or (C, H, W) or (B, C, H, W) for "
                    + "images"
            )
        }
        try self.init(x, name, event: Array(shape.dropFirst(shape.count % 2 == 0 ? 1 : 0)))
    }

    /// One number per row as the script expects it: (B) for a batch, () for one point.
    func perRow(_ values: Variable) throws -> Variable { try apart(isBatch ? values : values.reshape([])) }

    /// Rows in the shape that the script gave; where points have another shape, in (B, point...) or (point...).
    func likeInput(_ values: Variable) throws -> Variable {
        let result = Array(values.shape.dropFirst())
        return try apart(values.reshape(result == event ? shape : (isBatch ? [shape[0]] : []) + result))
    }

    /// A copy: a transform that changes nothing returns its input, and a log-determinant may be one number for all
    /// rows.
    private func apart(_ values: Variable) throws -> Variable {
        values.value.storage === rows.value.storage || !values.value.isContiguous ? try values.clone() : values
    }
}
