import Scripting
import Tensors

/// The operations whose results were not finite, in order: to find where a loss became NaN or infinite.
///
/// Active while bound and ``AnomalyMode`` is on, on the thread that bound it. It keeps its tensors alive: for one
/// evaluation, not for training.
package final class OperationLog: @unchecked Sendable {
    // The tape belongs to one thread; threads of kernels record nothing.
    @TaskLocal package static var current: OperationLog?

    package struct Entry {
        /// The operation's full name.
        package let operation: String
        package let outputs: [Tensor]
        /// The inputs that were not finite themselves.
        package let wrongInputs: [Tensor]
        /// The name of the parameter that was read last before this operation.
        package let parameter: String?
    }

    private let names: [ObjectIdentifier: String]
    private var parameter: String?
    private var entries: [Entry] = []

    /// - Parameter parameters: those whose names entries may give.
    package init(naming parameters: [(name: String, value: Variable)]) {
        names = Dictionary(parameters.map { (ObjectIdentifier($0.value), $0.name) }) { first, _ in first }
    }

    /// Runs `body` with this log bound.
    package func recording<R>(_ body: () throws -> R) rethrows -> R {
        try AnomalyMode.$isEnabled.withValue(true) { try OperationLog.$current.withValue(self) { try body() } }
    }

    func note(_ operation: String, _ inputs: [Variable], _ outputs: [Tensor]) throws {
        for input in inputs {
            if let name = names[ObjectIdentifier(input)] { parameter = name }
        }
        guard try outputs.contains(where: { try !$0.isFinite() }) else { return }
        let wrong = try inputs.map(\.value).filter { try !$0.isFinite() }
        entries.append(Entry(operation: operation, outputs: outputs, wrongInputs: wrong, parameter: parameter))
    }

    /// The operation in which the first non-finite number of a result came from finite inputs; nil when the inputs were
    /// not finite to begin with.
    package func birth(of result: Tensor) -> Entry? {
        var (storage, end, found) = (result.storage, entries.count, Entry?.none)
        while let place = entries[..<end].lastIndex(where: { $0.outputs.contains { $0.storage === storage } }) {
            found = entries[place]
            guard let wrong = entries[place].wrongInputs.first else { return found }
            (storage, end) = (wrong.storage, place)
        }
        // Its inputs were not finite: it is the first operation known.
        return found
    }
}
