import Scripting
import Tensors

/// `data.batches`: iterates over a tensor's rows, several at a time.
enum Batches {
    static let declaration = Declaration(
        "data.batches",
        """
        For a loop over the first dimension of x: gives size rows at a time, the last time what is left, as a tensor \
        of their own, and the rows' positions in x, in int64 (labels[rows] are theirs). Of several tensors of equally \
        many rows (images and labels) it gives a batch of each, then the rows. Gradients do not reach x through a \
        batch.
        """,
        takes: .argument("x", .oneOrMore(.plainTensor), "a tensor, or a table of several"),
        .argument("size", .integer(from: 1)),
        .option(
            "shuffle", .flag, default: false,
            "whether rows come in a random order, drawn from the generator when data.batches is called; else in x's"),
        .generator, returns: .values(ResultSpec(nil, .iterator([.init("batch", tensor), .init("rows", tensor)]))),
        errors: "x has no dimension; tensors of different numbers of rows",
        source: "torch.utils.data.DataLoader",
        example: """
            local seen = 0
            for batch, rows in data.batches(tensor.arange(1, 5), 2, {shuffle = true}) do
              seen = seen + #batch
              assert(batch[{1}] == rows[{1}])
            end
            assert(seen == 5)
            """
    ) { tensors, size, shuffle, generator in
        let extents = tensors.map { $0.shape.first ?? 0 }
        guard let extent = extents.first, tensors.allSatisfy({ $0.rank > 0 }) else {
            throw Fault(tensors.isEmpty ? "no tensors given" : "a tensor with rows expected, this one has no dimension")
        }
        guard extents.allSatisfy({ $0 == extent }) else {
            let given = extents.map(String.init).joined(separator: ", ")
            throw Fault("tensors of equally many rows expected, got \(given)")
        }
        _ = try Shape.positions(extent, for: "")
        let order = shuffle ? generator.permutation(extent) : nil
        return [.closure(next, bound: [.object(Cursor(try tensors.map { try $0.contiguous() }, size, order))])]
    }

    private static let tensor = ScriptType.object(Variable.type.name)

    static let binding = TypeBinding(Cursor.type, "What data.batches keeps between two batches.")

    /// The state of the iterator.
    private final class Cursor: ScriptObject {
        static let type = ObjectType("batches")
        var scriptType: ObjectType { Cursor.type }

        let tensors: [Tensor]
        let size: Int
        let order: [Int]?
        var position = 0

        /// At least one contiguous tensor, all with the same number of rows.
        init(_ tensors: [Tensor], _ size: Int, _ order: [Int]?) {
            (self.tensors, self.size, self.order) = (tensors, size, order)
        }

        /// The next batch of each tensor, and the 0-based rows in it; nil after the last.
        func advance() throws -> (batches: [Tensor], rows: [Int])? {
            let total = tensors[0].shape[0]
            guard position < total else { return nil }
            let end = size < total - position ? position + size : total
            let picked = order.map { Array($0[position..<end]) } ?? Array(position..<end)
            let batches = try tensors.map { try $0.rows(at: picked, for: "data.batches") }
            position = end
            return (batches, picked)
        }
    }

    /// The function that the loop calls: the cursor is bound, and the loop's own arguments are ignored.
    private static let next = NativeFunction(
        Declaration(
            "data.batches", "The next batch.",
            takes: .argument("state", .object(Cursor.type)), .rest("", .anything), returns: .values()
        ) { (cursor: Cursor, _: [Value]) -> [Value] in
            guard let (batches, rows) = try cursor.advance() else { return [.none] }
            return batches.map { .tensor($0) }
                + [.tensor(try Tensor(integers: rows.map { $0 + 1 }, shape: [rows.count]))]
        })
}
