import Autodiff
import Scripting
import Tensors

/// Updates parameters from their gradients.
///
/// An optimiser writes into the parameters' memory, outside the tape: a graph recorded before that needs the old
/// numbers is refused by `backward`, as after any write in place.
///
///     let optimizer = try ElementwiseOptimizer(Adam(), [weight, bias])
///     optimizer.zeroGrad()
///     try loss().backward()
///     try optimizer.step()
///
/// NaN gradients are not an error: as in PyTorch they make the parameter NaN, and the script sees it in the loss.
public protocol Optimizer: ComparedObject, CustomStringConvertible {
    /// The name of its constructor: `Adam`.
    var name: String { get }
    var parameters: [Variable] { get }
    /// The step size of every group of parameters; schedules set it between steps.
    var learningRates: [Double] { get set }

    /// One update from the gradients that `backward` left in the parameters, or that `closure` computes.
    /// - Parameter closure: clears the gradients, computes the loss, calls its backward and returns it.
    /// - Returns: what the closure returned, when there is one: the loss before the update.
    /// - Throws: when no parameter has a gradient.
    @discardableResult
    func step(_ closure: Closure?, for operation: String) throws -> Variable?

    /// Everything needed to continue later with the same numbers: copies, by name, for a checkpoint.
    func state() throws -> [(name: String, value: Tensor)]
    /// Restores a saved ``state()``; throws without changing anything when it does not fit.
    func load(_ state: [ByteString: Tensor], for operation: String) throws
}

/// Computes the loss and leaves its gradients in the parameters.
public typealias Closure = () throws -> Variable

extension Optimizer {
    public var scriptType: ObjectType { OptimizerBinding.type }

    @discardableResult
    public func step(_ closure: Closure? = nil) throws -> Variable? { try step(closure, for: "optimizer:step") }

    public func load(_ state: [ByteString: Tensor]) throws { try load(state, for: "optimizer:load_state_dict") }

    /// Forgets the gradients of all parameters (they become nil, not zeros).
    public func zeroGrad() {
        for parameter in parameters { parameter.grad = nil }
    }

    /// Runs the closure with recording on, also inside of `no_grad`.
    func evaluate(_ closure: Closure) throws -> Variable {
        try GradMode.$isEnabled.withValue(true) { try closure() }
    }

    /// The gradients of all parameters, nil where backward left none.
    func gradients(for operation: String) throws -> [Tensor?] {
        let gradients = parameters.map { $0.grad?.value }
        guard gradients.contains(where: { $0 != nil }) else {
            throw ScriptError(
                operation, "no parameter has a gradient; call backward() on a loss that is computed from them first")
        }
        for (index, gradient) in gradients.enumerated() {
            guard let gradient, gradient.shape != parameters[index].shape else { continue }
            throw ScriptError(
                operation,
                "parameter \(index + 1) has shape \(Shape.describe(parameters[index].shape)), its gradient "
                    + "\(Shape.describe(gradient.shape))"
            )
        }
        return gradients
    }
}
