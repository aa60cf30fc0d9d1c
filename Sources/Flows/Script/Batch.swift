import Autodiff
import Scripting
import Tensors

/// A point or a batch as scripts give it, as the (rows, D) matrix that transforms take.
///
/// (D) and (H, W) are one point; (B, D) and (B, H, W) a batch. A matrix whose second extent is D is a batch of rows.
struct Batch {
    let rows: Variable
    /// The shape the script gave.
    let shape: [Int]
    let isBatch: Bool

    /// - Throws: ``Fault`` for a shape that does not have `dimension` numbers per row.
    init(_ x: Variable, _ name: String, dimension: Int) throws {
        shape = x.shape
        func size(_ extents: some Sequence<Int>) -> Int? {
            var product = 1
            for extent in extents {
                let (next, overflow) = product.multipliedReportingOverflow(by: extent)
                if overflow { return nil }
                product = next
            }
            return product
        }
        if shape.count >= 2, shape.count <= 3, size(shape.dropFirst()) == dimension {
            isBatch = true
        } else if shape.count >= 1, shape.count <= 2, size(shape) == dimension {
            isBatch = false
        } else {
            let shapes = "(\(dimension)), (H, W) with H W = \(dimension), or a batch of either"
            throw Fault("\(name) has shape \(Shape.describe(shape)); this flow takes \(shapes)")
        }
        rows = try x.reshape([isBatch ? shape[0] : 1, dimension])
    }

    /// One number per row, as the script expects it: (B), or of no dimension without a batch.
    func perRow(_ values: Variable) throws -> Variable { try apart(isBatch ? values : values.reshape([])) }

    /// Rows in the shape that was given.
    func likeInput(_ values: Variable) throws -> Variable { try apart(values.reshape(shape)) }

    /// In memory of its own: what changes nothing returns its input, and a log-determinant may be one number for all rows.
    private func apart(_ values: Variable) throws -> Variable {
        values.value.storage === rows.value.storage || !values.value.isContiguous ? try values.clone() : values
    }
}
