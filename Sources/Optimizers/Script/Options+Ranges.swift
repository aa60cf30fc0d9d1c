import Scripting

/// Options of optimisers, each with its range; NaN is in none.
extension Options {
    func finite(_ name: String, default fallback: Double) throws -> Double {
        try number(name, default: fallback, expected: "a finite number") { $0.isFinite }
    }

    /// A finite number from 0.
    func nonnegative(_ name: String, default fallback: Double) throws -> Double {
        try number(name, default: fallback, expected: "a finite number from 0") { $0 >= 0 && $0.isFinite }
    }

    /// A number from 0 to 1.
    func fraction(_ name: String, default fallback: Double) throws -> Double {
        try number(name, default: fallback, expected: "a number from 0 to 1") { (0...1).contains($0) }
    }

    /// The two decays of Adam, each from 0 to below 1.
    func betas(default fallback: (Double, Double)) throws -> (Double, Double) {
        guard has("betas") else { return fallback }
        let expected = "two numbers from 0 to below 1, such as {0.9, 0.999},"
        guard case .table(let table) = self["betas"], let numbers = try table.numbers(), numbers.count == 2 else {
            throw error("betas", expected: expected)
        }
        guard numbers.allSatisfy({ (0..<1).contains($0) }) else {
            throw ScriptError(
                function, "option betas: \(expected) expected, got {\(numbers.map { shown($0) }.joined(separator: ", "))}")
        }
        return (numbers[0], numbers[1])
    }

    private func number(_ name: String, default fallback: Double, expected: String, _ isIn: (Double) -> Bool) throws -> Double {
        guard has(name) else { return fallback }
        guard let number = self[name].asNumber, isIn(number) else { throw error(name, expected: expected) }
        return number
    }
}
