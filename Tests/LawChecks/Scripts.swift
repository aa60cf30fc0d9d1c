import LuaHost
import Scripting
import Tensors

/// Runs Lua code with the given modules as globals, and with the global generator seeded.
public struct Scripts {
    private let interpreter: Interpreter

    public init(modules: [any ScriptModule]) throws {
        var options = Interpreter.Options()
        options.globals = true
        interpreter = try Interpreter(modules: modules, options: options)
        interpreter.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
    }

    /// Runs the code and returns what it returns.
    @discardableResult
    public func run(_ code: String) throws -> [Value] { try interpreter.run(code: code) }

    /// The number that a script returns.
    public func number(_ code: String) throws -> Double {
        guard let number = try run(code).first?.asNumber else { throw ScriptError("test", "no number from: \(code)") }
        return number
    }

    /// The table of numbers that a script returns.
    public func numbers(_ code: String) throws -> [Double] {
        guard case .table(let table)? = try run(code).first, let numbers = try table.numbers() else {
            throw ScriptError("test", "no numbers from: \(code)")
        }
        return numbers
    }

    /// The message that a script ends with, or "no error".
    public func message(_ code: String) throws -> String {
        do {
            try run(code)
            return "no error"
        } catch let error as LuaError {
            return error.message
        }
    }
}
