import Scripting
import Tensors

extension Variable {
    /// A copy of the numbers at the same place on the tape: gradients go where this value's go, and later writes to
    /// this value's memory do not change it. For objects that keep a tensor they were made of.
    package func snapshot(for operation: String) throws -> Variable {
        try checkFresh(operation)
        let copy = Variable(try value.copy())
        // A leaf is identified by its record and keeps it; other records get the copy's version.
        copy.record = record.map { $0.node == nil ? $0 : $0.moved(to: copy.value.storage.version) }
        return copy
    }
}

extension Variable {
    /// Throws if this value was overwritten since it was recorded, or if it is a view into whose memory a recorded
    /// value was written since.
    package func checkCurrent(_ operation: String) throws { try checkFresh(operation) }
}
