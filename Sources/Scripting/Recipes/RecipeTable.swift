/// A table within a recipe, presented to functions as a script's table.
final class RecipeTable: ScriptTable {
    private let elements: [Value]
    private let fields: [(key: Value, value: Value)]

    init(_ elements: [Value], _ fields: [(name: String, value: Value)] = []) {
        self.elements = elements
        self.fields = fields.map { (.string(ByteString($0.name)), $0.value) }
    }

    var count: Int { elements.count }
    func value(at index: Int) throws -> Value { elements.indices.contains(index - 1) ? elements[index - 1] : .none }
    func value(for key: ByteString) throws -> Value {
        fields.first { if case .string(let name) = $0.key { name == key } else { false } }?.value ?? .none
    }
    func entries() throws -> [(key: Value, value: Value)] {
        elements.enumerated().map { (.integer($0 + 1), $1) } + fields
    }
    func numbers() throws -> [Double]? {
        let numbers = elements.compactMap(\.asNumber)
        return numbers.count == elements.count ? numbers : nil
    }
}

extension Recipe {
    /// The recipe as a script value.
    /// - Parameters:
    ///   - tensor: returns the tensor of a name.
    ///   - call: calls a constructor with arguments.
    public func value(
        tensor: (String) throws -> Value, call: (_ name: String, _ arguments: [Value]) throws -> Value
    ) throws -> Value {
        switch self {
        case .nothing: return .none
        case .flag(let flag): return .boolean(flag)
        case .integer(let integer): return .integer(integer)
        case .number(let number): return .number(number)
        case .text(let text): return .string(text)
        case .list(let elements):
            return .table(RecipeTable(try elements.map { try $0.value(tensor: tensor, call: call) }))
        case .table(let fields):
            var (elements, named): ([Value], [(name: String, value: Value)]) = ([], [])
            for field in fields {
                let value = try field.value.value(tensor: tensor, call: call)
                if field.name == "\(elements.count + 1)" {
                    elements.append(value)
                } else {
                    named.append((field.name, value))
                }
            }
            return .table(RecipeTable(elements, named))
        case .tensor(let name): return try tensor(name)
        case .call(let name, let arguments):
            return try call(name, try arguments.map { try $0.value(tensor: tensor, call: call) })
        }
    }
}
