/// How to make something again: the constructor call, with arguments that are plain values, tensors in the same file,
/// or recipes. Files of flows contain one as their architecture.
///
///     .call("nn.MLP", [.integer(2), .integer(4), .table([.init("hidden_features", .list([.integer(64)]))])])
///
/// Random initial values do not matter, as the file's tensors are written over them by name.
public indirect enum Recipe: Sendable, Equatable {
    /// A missing argument.
    case nothing
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([Recipe])
    /// A table of named options.
    case table([Field])
    /// The tensor of this name in the file.
    case tensor(String)
    /// A call of the function that scripts know by this name: `flow.ActNorm`, `nn.MLP`, `distribution.Normal`.
    case call(String, [Recipe])

    /// One option of a table.
    public struct Field: Sendable, Equatable {
        /// The option's name, or the table's key.
        public let name: String
        /// What stands behind it.
        public let value: Recipe

        /// In a call an option, in a table a key.
        public init(_ name: String, _ value: Recipe) { (self.name, self.value) = (name, value) }
    }

    /// A list of whole numbers.
    public static func integers(_ numbers: [Int]) -> Recipe { .list(numbers.map { .integer($0) }) }

    /// A list of numbers.
    public static func numbers(_ numbers: [Double]) -> Recipe { .list(numbers.map { .number($0) }) }

    /// A call with a table of options, `flow.Glow{levels = 2}`.
    public static func call(_ name: String, options: [(String, Recipe)]) -> Recipe {
        .call(name, [.table(options.map { Field($0, $1) })])
    }
}

/// Something that can be written as a ``Recipe``.
public protocol HasRecipe {
    /// - Throws: ``Fault`` that says which part has no recipe and what to do.
    func recipe(_ tensors: any RecipeTensors) throws -> Recipe
}

/// Names for the tensors that are saved beside a recipe.
public protocol RecipeTensors: AnyObject {
    /// The name of this tensor in the file; it is added if necessary.
    func name(of tensor: any ScriptObject) -> String
}
