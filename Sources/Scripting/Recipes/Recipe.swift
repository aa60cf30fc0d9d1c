/// How something is made again: the call that made it, with arguments that are plain values, tensors of the same file
/// or recipes themselves. What a saved flow says of its architecture.
///
///     .call("nn.MLP", [.integer(2), .integer(4), .table([.init("hidden_features", .list([.integer(64)]))])])
///
/// Random initial values do not matter: a file's tensors are written over them, by name.
public indirect enum Recipe: Sendable, Equatable {
    /// An argument that is left out.
    case nothing
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([Recipe])
    /// A table of named options.
    case table([Field])
    /// A tensor that stands under this name in the file.
    case tensor(String)
    /// A call of what scripts know by this name: `flow.ActNorm`, `nn.MLP`, `distribution.Normal`.
    case call(String, [Recipe])

    /// One option of a table.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let value: Recipe

        public init(_ name: String, _ value: Recipe) { (self.name, self.value) = (name, value) }
    }

    /// A list of whole numbers.
    public static func integers(_ numbers: [Int]) -> Recipe { .list(numbers.map { .integer($0) }) }

    /// A list of numbers.
    public static func numbers(_ numbers: [Double]) -> Recipe { .list(numbers.map { .number($0) }) }

    /// The call in the usual style of a table of options, `flow.Glow{levels = 2}`.
    public static func call(_ name: String, options: [(String, Recipe)]) -> Recipe {
        .call(name, [.table(options.map { Field($0, $1) })])
    }
}

/// What can be written down as a ``Recipe``.
public protocol HasRecipe {
    /// - Throws: ``Fault`` that says what has none and what to do.
    func recipe(_ tensors: any RecipeTensors) throws -> Recipe
}

/// The tensors that stand beside a recipe, as whoever writes it gives them names.
public protocol RecipeTensors: AnyObject {
    /// The name under which the file has, or will have, this tensor.
    func name(of tensor: any ScriptObject) -> String
}
