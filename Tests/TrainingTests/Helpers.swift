import Foundation
import LuaFlow
import Testing

/// A host whose scripts have every module as a global.
func host() throws -> LuaFlow.Host {
    var options = Interpreter.Options()
    options.globals = true
    let host = try LuaFlow.Host(options: options)
    host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
    return host
}

/// Runs a script, and returns its first result.
@discardableResult
func run(_ code: String) throws -> Value { try host().run(code: code).first ?? .none }

/// The message of the error that a script ends with.
func message(of code: String) throws -> String {
    do {
        try run(code)
    } catch {
        return "\(error)"
    }
    Issue.record("no error of \(code)")
    return ""
}
