import Scripting
import Tensors

/// An optimiser that updates every element from that element's own gradient and past: its settings and its formula.
///
/// A new one is a file in `Methods` and a line in the ``Catalogue``.
protocol ElementwiseMethod: Sendable {
    associatedtype Rule: ElementRule

    static var name: String { get }
    /// Its options, as scripts write them.
    static var options: OptionTable<Self> { get }
    /// Made by ``declared(_:errors:source:example:)``.
    static var declaration: Declaration { get }

    /// All defaults.
    init()
    /// - Throws: ``Fault`` for options that do not go together.
    func check() throws

    var lr: Double { get set }
    /// What the rule's slots remember (at most three), by PyTorch's names; nil for a slot that these settings leave
    /// unused.
    var memories: [String?] { get }
    /// The formula of a parameter's step number `step`, counted from 1.
    func rule(step: Int) -> Rule
}

extension ElementwiseMethod {
    func check() throws {}

    static func declared(_ summary: String, errors: String? = nil, source: String, example: String) -> Declaration {
        Declaration(
            "optim.\(name)", summary, takes: .optimized, options.parameter, .operation, returns: .optimizer,
            errors: (errors.map { "\($0); " } ?? "") + Parameter<ParameterList>.errors, source: source, example: example
        ) { parameters, defaults, operation in
            try ElementwiseOptimizer(parameters.groups(defaults), for: operation)
        }
    }
}
