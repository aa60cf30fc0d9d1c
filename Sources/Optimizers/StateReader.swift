import Scripting
import Tensors

/// Reads a saved state entry by entry; ``finish()`` refuses entries that were not read.
struct StateReader {
    private let state: [ByteString: Tensor]
    private let owner: String
    private let operation: String
    private var read: Set<ByteString> = []

    init(_ state: [ByteString: Tensor], owner: String, operation: String) {
        (self.state, self.owner, self.operation) = (state, owner, operation)
    }

    func has(_ name: String) -> Bool { state[ByteString(name)] != nil }

    /// A copy of an entry in the given dtype; nil in `shape` allows any extent.
    mutating func tensor(_ name: String, _ shape: [Int?], _ dtype: DType) throws -> Tensor {
        guard let tensor = state[ByteString(name)] else { throw ScriptError(operation, "\(name) is missing") }
        guard tensor.shape.count == shape.count, zip(tensor.shape, shape).allSatisfy({ $1 == nil || $0 == $1 }) else {
            let expected = shape.map { $0.map(String.init) ?? "n" }.joined(separator: ", ")
            throw ScriptError(operation, "\(name) has shape \(Shape.describe(tensor.shape)); (\(expected)) expected")
        }
        read.insert(ByteString(name))
        return try tensor.copy(dtype)
    }

    mutating func number(_ name: String) throws -> Double { try tensor(name, [], .float64).item() }

    mutating func whole(_ name: String, from least: Int) throws -> Int {
        let number = try number(name)
        guard let whole = Int(exactly: number), whole >= least else {
            throw ScriptError(operation, "\(name) is \(shown(number)); a whole number from \(least) expected")
        }
        return whole
    }

    /// The entry `lr`, if there is one.
    mutating func learningRates(count: Int) throws -> [Double]? {
        guard has("lr") else { return nil }
        let rates = try tensor("lr", [count], .float64).toArray()
        if let wrong = rates.first(where: { !isLearningRate($0) }) {
            throw ScriptError(operation, "lr is \(shown(wrong)); a finite number from 0 expected")
        }
        return rates
    }

    /// Throws if an entry was not read: the state is that of another optimiser or of other parameters.
    func finish() throws {
        if let unknown = state.keys.filter({ !read.contains($0) }).min() {
            throw ScriptError(operation, "\(unknown) does not belong to \(owner)")
        }
    }
}

func isLearningRate(_ number: Double) -> Bool { number >= 0 && number.isFinite }
