import Scripting
import Tensors

/// `require "data"`: images for experiments, and batches for training.
public struct DataModule: ScriptModule {
    public init() {}

    public let name = "data"
    public let summary = """
        Data sets: the digits that come with the project, IDX files (MNIST's format), batches of rows, levels made \
        continuous.
        """
    public var functions: [NativeFunction] {
        [
            NativeFunction(DataModule.digits), NativeFunction(DataModule.idx), NativeFunction(Batches.declaration),
            NativeFunction(DataModule.dequantize),
        ]
    }
    public var types: [TypeBinding] { [Batches.binding] }

    private static let tensor = ScriptType.object(Variable.type.name)

    private static let idx = Declaration(
        "data.idx",
        """
        The arrays of an IDX file, plain or gzip: usually one, or as many results as the file holds one after the \
        other, at most 1000. Integers become int64 where they have one dimension (labels) or more than 16 bits, else \
        float32, as floats do; values are not scaled.
        """,
        takes: .argument("path", .bytes),
        returns: .values(ResultSpec(nil, tensor, repeats: true)),
        errors: "The file is missing, not IDX, damaged, or its numbers are fewer or more than its sizes say.",
        source: "http://yann.lecun.com/exdb/mnist",
        example: """
            local path = os.tmpname()
            local file = assert(io.open(path, "wb"))
            file:write("\\0\\0\\8\\1\\0\\0\\0\\3", "\\5\\6\\7")
            file:close()
            local x = data.idx(path)
            assert(#x == 3 and x[{3}] == 7)
            os.remove(path)
            """
    ) { path in try IDX.load(path).map { .tensor($0) } }

    private static let digits = Declaration(
        "data.digits",
        """
        Handwritten digits: float32 images (N, 28, 28) in [0, 1], 0 the background, and what each shows (N, from 0 to \
        9, in int64). They come with the project, as models/digits.idx.gz; models/README.md tells where they are from.
        """,
        takes: .context, .operation,
        returns: .value(.record([.init("images", tensor), .init("labels", tensor)])),
        errors: "The file is not where the host keeps its models, or is damaged.",
        example: "local d = data.digits()\nassert(d.images.shape[2] == 28 and #d.labels == #d.images)"
    ) { context, operation in
        let path = try context.service(ResourceFolders.self).locate(digitsFile, for: operation)
        let arrays = try IDX.load(path, for: operation)
        guard arrays.count == 2, arrays[0].rank == 3, arrays[0].shape == [arrays[1].count, 28, 28], arrays[1].rank == 1,
            arrays[0].dtype == .float32
        else {
            let found = arrays.map { Shape.describe($0.shape) }.joined(separator: ", ")
            throw Fault("\(path): images (N, 28, 28) and labels (N) expected, found \(found)")
        }
        let pixels = arrays[0].base(Float.self)
        for i in 0..<arrays[0].count { pixels[i] /= 255 }
        return .record([("images", .tensor(arrays[0])), ("labels", .tensor(arrays[1]))])
    }

    private static let dequantize = Declaration(
        "data.dequantize",
        """
        Data of whole levels made continuous by uniform noise: (k + u) / levels with u in [0, 1), whose density has \
        the bits that m:bits_per_dim gives. x holds fractions k / (levels - 1) from 0 to 1, as images do, or the \
        levels k themselves in int64.
        """,
        takes: .argument("x", .plainTensor), .option("levels", .integer(from: 2, to: 1 << 24), default: 256),
        .generator,
        .operation, returns: .plainTensor,
        errors: "an element that is none of the levels, such as a number above 1: the message names it",
        source: "Uria, Murray, Larochelle, NIPS 2013; Theis, van den Oord, Bethge, ICLR 2016, section 3.1",
        example: """
            local x = data.dequantize(tensor{0, 1, 0.5}, {levels = 3})
            assert((x * 3):floor():eq(tensor{0, 2, 1}):min():item() == 1)
            """,
        see: ["flow:bits_per_dim", "flow:fit"]
    ) { x, levels, generator, operation in try x.dequantized(levels: levels, from: generator, for: operation) }

    private static let digitsFile = "digits.idx.gz"
}
