import Scripting
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `data.batches`: a walk over a tensor's rows, some at a time.
enum Batches {
    static let function: NativeFunction = NativeFunction(
        "data.batches",
        Documentation(
            "for batch, rows in data.batches(x, size, {shuffle = false, generator}) do",
            """
            For a loop over the first dimension of x: gives size rows at a time, the last time what is left, as a tensor of \
            their own, and the rows' indices in x (to find labels by). With shuffle = true the rows come in a random order, \
            another each time, drawn from the generator when data.batches is called; else in x's. Gradients do not flow \
            through a batch.
            """,
            errors: "x has no dimension; size is not a whole number from 1.",
            source: "torch.utils.data.DataLoader",
            example: """
                local seen = 0
                for batch, rows in data.batches(tensor.arange(1, 5), 2, {shuffle = true}) do
                  seen = seen + #batch
                  assert(batch[{1}] == rows[{1}])
                end
                assert(seen == 5)
                """)
    ) { arguments in
        try arguments.atMost(3)
        let x = try arguments.tensor(1, "x")
        guard x.rank > 0 else { throw arguments.error("a tensor with rows expected, this one has no dimension") }
        _ = try Shape.positions(x.shape[0], for: arguments.function)
        let size = try arguments.integer(2, "size", in: 1...Int.max)
        let options = try arguments.options(3, ["shuffle", "generator"])
        let generator = try arguments.generator(options)
        let order = try options.boolean("shuffle", default: false) ? generator.permutation(x.shape[0]) : nil
        return [.closure(next, bound: [.object(Cursor(try x.contiguous(), size, order))])]
    }

    static let face = TypeFace(Cursor.type, "What data.batches keeps between two batches.")

    /// What the iterator remembers.
    private final class Cursor: ScriptObject {
        static let type = ObjectType("batches")
        var scriptType: ObjectType { Cursor.type }

        let rows: Tensor
        let size: Int
        let order: [Int]?
        var position = 0

        init(_ rows: Tensor, _ size: Int, _ order: [Int]?) {
            (self.rows, self.size, self.order) = (rows, size, order)
        }

        /// The next batch and the 0-based rows in it, or nil after the last.
        func advance() throws -> (batch: Tensor, rows: [Int])? {
            let total = rows.shape[0]
            guard position < total else { return nil }
            let end = size < total - position ? position + size : total
            let picked = order.map { Array($0[position..<end]) } ?? Array(position..<end)
            let batch = try Tensor.uninitialized([picked.count] + rows.shape.dropFirst(), rows.dtype, for: "data.batches")
            let rowBytes = rows.count / total * rows.dtype.stride
            let source = rows.storage.bytes + rows.offset * rows.dtype.stride
            for (place, row) in picked.enumerated() {
                memcpy(batch.storage.bytes + place * rowBytes, source + row * rowBytes, rowBytes)
            }
            position = end
            return (batch, picked)
        }
    }

    /// What a loop calls: the cursor is bound, what the loop itself passes is not needed.
    private static let next: NativeFunction = NativeFunction("data.batches", function.documentation) { arguments in
        let cursor = try arguments.object(1, "state", as: Cursor.self, "batches")
        guard let (batch, rows) = try cursor.advance() else { return [.none] }
        return [.tensor(batch), .tensor(try Tensor(rows.map { Double($0 + 1) }, shape: [rows.count], .float64))]
    }
}
