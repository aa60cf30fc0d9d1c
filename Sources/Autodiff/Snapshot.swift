import Scripting
import Tensors

extension Variable {
    /// A copy of the numbers at the same place on the tape: gradients go where this value's go, and writing over
    /// this value's memory later changes nothing. What an object keeps of a tensor that it was made of.
    package func snapshot(for operation: String) throws -> Variable {
        try checkFresh(operation)
        let copy = Variable(try value.copy())
        // A leaf is known by its record, whatever memory stands beside it.
        copy.record = record.map { $0.node == nil ? $0 : $0.moved(to: copy.value.storage.version) }
        return copy
    }
}

extension Variable {
    /// Throws if this value has been overwritten since it was recorded, or seen before a recorded value was written
    /// there.
    package func checkCurrent(_ operation: String) throws { try checkFresh(operation) }
}
