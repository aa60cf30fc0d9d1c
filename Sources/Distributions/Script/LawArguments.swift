import Autodiff
import Scripting
import Tensors

extension Arguments {
    /// A law's arguments: its positional parameters, then options (a table without a sequence part), where the parameters
    /// may stand by their names as well.
    ///
    /// - Parameters:
    ///   - names: of the parameters by position.
    ///   - defaults: of the last ones; a parameter without one must be given.
    ///   - options: parameters that may be given by name instead, beside `dtype`.
    ///   - aliases: other names of positional parameters, in the table.
    ///   - other: the type of what they stand beside: numbers take it, and are float32 otherwise.
    func law(
        _ names: [String], defaults: [Double] = [], options known: [String] = [], aliases: [String: String] = [:],
        beside other: DType = .float32
    ) throws -> LawArguments {
        var values = values
        var named = try self.options(count + 1, [])
        if case .table(let table)? = values.last, try table.count == 0 {
            named = try options(count, names + aliases.keys.sorted() + known + ["dtype"])
            values.removeLast()
        }
        guard values.count <= names.count else {
            throw error("takes at most \(names.count) parameter\(names.count == 1 ? "" : "s") (\(names.joined(separator: ", "))), got \(values.count)")
        }
        var dtype: DType = try named.has("dtype") ? self.dtype(named) : other
        for value in values + Array(named.values.values) {
            if case .object(let object as Variable) = value, object.dtype == .float64, !named.has("dtype") { dtype = .float64 }
        }
        let required = names.count - defaults.count
        func parameter(_ value: Value, _ name: String) throws -> Variable {
            if let number = value.asNumber { return Variable(try Tensor(number, dtype)) }
            switch value {
            case .object(let object as Variable):
                return object.dtype == dtype ? object : try object.converted(to: dtype)
            case .table(let table):
                var nested = Nested()
                try nested.read(table, 0, for: function, name)
                return Variable(try Tensor(nested.values, shape: nested.shape, dtype))
            default:
                throw ScriptError(function, "\(name): a number, a tensor or a table of numbers expected, got \(value.shown)")
            }
        }
        var positional: [Variable?] = []
        for (index, name) in names.enumerated() {
            var given: [(name: String, value: Value)] = []
            if index < values.count, case .none = values[index] {} else if index < values.count { given.append((name, values[index])) }
            for other in [name] + aliases.filter({ $0.value == name }).keys.sorted() where named.has(other) { given.append((other, named[other])) }
            guard given.count <= 1 else { throw error("\(name) is given twice") }
            if let (name, value) = given.first {
                positional.append(try parameter(value, name))
            } else {
                positional.append(index < required ? nil : Variable(try Tensor(defaults[index - required], dtype)))
            }
        }
        var options: [String: Variable] = [:]
        for name in known where named.has(name) { options[name] = try parameter(named[name], name) }
        return LawArguments(function: function, names: names, positional: positional, options: options)
    }
}

/// What ``Arguments/law(_:defaults:options:)`` read.
struct LawArguments {
    let function: String
    let names: [String]
    let positional: [Variable?]
    let options: [String: Variable]

    /// A parameter that must be given.
    func required(_ index: Int) throws -> Variable {
        guard let variable = positional[index] else {
            throw ScriptError(function, "\(names[index]) is missing: \(function)(\(names.joined(separator: ", ")))")
        }
        return variable
    }

    /// One parameter, given by position or, under another name, as an option; not both.
    func oneOf(_ index: Int, _ option: String) throws -> (variable: Variable, isOption: Bool) {
        switch (positional[index], options[option]) {
        case (let variable?, nil): return (variable, false)
        case (nil, let variable?): return (variable, true)
        default:
            throw ScriptError(function, "\(names[index]) or {\(option) = ...} expected, \(positional[index] == nil ? "not neither" : "not both")")
        }
    }
}

/// Rectangular nested tables of numbers.
struct Nested {
    var values: [Double] = []
    var shape: [Int] = []
    private var depth: Int?

    init() {}

    mutating func read(_ table: any ScriptTable, _ level: Int, for function: String, _ name: String) throws {
        guard level < 16 else { throw ScriptError(function, "\(name): tables nested deeper than 16") }
        let count = try table.count
        if level == shape.count, depth == nil { shape.append(count) }
        guard level < shape.count, shape[level] == count, count > 0 else {
            throw ScriptError(function, "\(name): a rectangular table of numbers expected")
        }
        if let numbers = try table.numbers() {
            guard depth == nil || depth == level else { throw ScriptError(function, "\(name): a rectangular table of numbers expected") }
            depth = level
            values += numbers
            return
        }
        for (index, element) in try table.elements().enumerated() {
            guard case .table(let row) = element else {
                throw ScriptError(function, "\(name)[\(index + 1)]: a number or a table of numbers expected, got \(element.shown)")
            }
            try read(row, level + 1, for: function, name)
        }
    }
}
