import Scripting
import Tensors

/// An optimiser that updates every element from that element's own gradient and past: its settings and its formula.
///
/// A new one is a file in `Methods` and a line in the ``Catalogue``.
protocol ElementwiseMethod: Sendable {
    associatedtype Rule: ElementRule

    static var name: String { get }
    /// The names of its options, as scripts write them.
    static var options: [String] { get }
    static var documentation: Documentation { get }

    /// All defaults.
    init()
    /// `defaults` with what the options say otherwise; throws on a value out of its range.
    init(_ options: Options, defaults: Self) throws

    var lr: Double { get set }
    /// What the rule's slots remember (at most three), by PyTorch's names; nil for a slot that these settings leave unused.
    var memories: [String?] { get }
    /// The formula of a parameter's step number `step`, counted from 1.
    func rule(step: Int) -> Rule
    /// Options and their values, as tostring shows them.
    var settings: [(name: String, value: String)] { get }
}

extension ElementwiseMethod {
    static var constructor: NativeFunction {
        NativeFunction("optim.\(name)", documentation) { arguments in
            try arguments.atMost(2)
            let defaults = try Self(arguments.options(2, options), defaults: Self())
            let groups = try arguments.parameterGroups(1, options).map { group in
                (method: try group.options.map { try Self($0, defaults: defaults) } ?? defaults, parameters: group.parameters)
            }
            return [.object(try ElementwiseOptimizer(groups, for: arguments.function))]
        }
    }
}
