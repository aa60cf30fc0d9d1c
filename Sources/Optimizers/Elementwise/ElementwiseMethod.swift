import Scripting
import Tensors

/// An optimiser whose update of an element depends only on that element's gradients so far: its settings and its
/// formula.
///
/// A new one is a file in `Methods` and a line in the ``Catalogue``.
protocol ElementwiseMethod: Sendable {
    associatedtype Rule: ElementRule

    static var name: String { get }
    /// Its options, as scripts give them.
    static var options: OptionTable<Self> { get }
    /// The constructor's declaration, made by ``declared(_:errors:source:example:)``.
    static var declaration: Declaration { get }

    /// Settings with all defaults.
    init()
    /// - Throws: ``Fault`` for options that contradict each other.
    func check() throws

    var lr: Double { get set }
    /// The names (PyTorch's) of what the rule remembers per element, at most three; nil for a slot that these settings
    /// do not use.
    var memories: [String?] { get }
    /// The formula for step number `step` of a parameter, from 1.
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
