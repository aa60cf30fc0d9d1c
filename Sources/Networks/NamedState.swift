import Autodiff
import Scripting
import Tensors

/// Loading tensors by name into a model.
public enum NamedState {
    /// Writes tensors over those of the same names. Nothing is written before everything was checked.
    ///
    /// - Parameter owner: the model's name in messages: `the module`.
    /// - Throws: ``Fault`` for a name that is missing or unknown, or another shape.
    public static func write(
        _ given: [(name: ByteString, value: Variable)], over state: [(name: String, value: Variable)], of owner: String
    ) throws {
        let given = Dictionary(given.map { ($0.name, $0.value.value) }) { $1 }
        let names = state.map(\.name)
        let known = Set(names.map { ByteString($0) })
        if let unknown = given.keys.filter({ !known.contains($0) }).min() {
            throw Fault("\(owner) has no parameter \(unknown)" + suggestion(for: unknown.text, among: names))
        }
        let pairs = try state.map { name, old in
            guard let new = given[ByteString(name)] else { throw Fault("the parameter \(name) is missing") }
            guard new.shape == old.shape else {
                let (got, expected) = (Shape.describe(new.shape), Shape.describe(old.shape))
                throw Fault("\(name) has shape \(got); \(expected) expected")
            }
            return (old, new)
        }
        for (old, new) in pairs { try old.value.write(new) }
    }
}
