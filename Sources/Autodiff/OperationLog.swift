import Scripting
import Tensors

/// What was computed and is not finite, in order: for finding where a loss that is NaN or infinite began.
///
/// Kept while one is bound and ``AnomalyMode`` is on, by the thread that bound it. It holds what it lists: for a single
/// evaluation, not for training.
package final class OperationLog: @unchecked Sendable {
    // The tape works on one thread; threads of kernels record nothing.
    @TaskLocal package static var current: OperationLog?

    package struct Entry {
        /// The operation's full name.
        package let operation: String
        package let outputs: [Tensor]
        /// The inputs that were not finite already.
        package let wrongInputs: [Tensor]
        /// The last of the parameters that was read up to here, by its name.
        package let parameter: String?
    }

    private let names: [ObjectIdentifier: String]
    private var parameter: String?
    private var entries: [Entry] = []

    /// - Parameter parameters: what entries name.
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

    /// The operation in which a result's first number that is not finite came of finite ones; nil when it was so
    /// before.
    package func birth(of result: Tensor) -> Entry? {
        var (storage, end, found) = (result.storage, entries.count, Entry?.none)
        while let place = entries[..<end].lastIndex(where: { $0.outputs.contains { $0.storage === storage } }) {
            found = entries[place]
            guard let wrong = entries[place].wrongInputs.first else { return found }
            (storage, end) = (wrong.storage, place)
        }
        // What came in was not finite: the operation that read it is the first that is known.
        return found
    }
}
