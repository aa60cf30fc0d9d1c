import LuaFlow

extension Parser {
    /// A script's text, compiled and not run.
    static let lua = Parser(name: "lua", seeds: [".lua"]) { input in
        guard let interpreter else { fatalError("no interpreter") }
        try interpreter.check(code: String(decoding: input.bytes, as: UTF8.self))
    }

    static let interpreter = try? Interpreter()
}
